import { randomInt } from 'node:crypto';
import { createList, decodeList } from '@digitalbazaar/vc-bitstring-status-list';
import { expect, test } from 'vitest';
import {
  decodeBitstring,
  encodeBitstring,
  readBit,
  setBit,
} from '../../src/protocol/bitstring-status-list.ts';

const size = 131_072;
const indices = [
  0,
  1,
  7,
  8,
  48_211,
  size - 1,
  ...Array.from({ length: 200 }, () => randomInt(size)),
];

test('somebody else’s library reads our bitstring', async () => {
  const bits = new Uint8Array(size / 8);
  for (const index of indices) setBit(bits, index);
  const list = await decodeList({ encodedList: await encodeBitstring(bits) });
  expect(list.length).toBe(size);
  for (let index = 0; index < size; index++) {
    if (list.getStatus(index) !== indices.includes(index)) expect.fail(`differs at ${index}`);
  }
});

test('we read the bitstring of somebody else’s library', async () => {
  const list = await createList({ length: size });
  for (const index of indices) list.setStatus(index, true);
  const decoded = await decodeBitstring(await list.encode());
  if (!decoded.ok) throw new Error('refused');
  expect(decoded.value).toHaveLength(size / 8);
  for (let index = 0; index < size; index++) {
    if (readBit(decoded.value, index) !== indices.includes(index))
      expect.fail(`differs at ${index}`);
  }
});
