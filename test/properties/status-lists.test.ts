import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeBitstring,
  encodeBitstring,
  readBit,
  setBit,
} from '../../src/protocol/bitstring-status-list.ts';
import {
  decodeStatuses,
  encodeStatuses,
  packStatus,
  readStatus,
  type StatusBits,
} from '../../src/protocol/token-status-list.ts';
import { numRuns } from './runs.ts';

const size = 131_072;
const index = fc.nat(size - 1);
const streams = Math.max(20, Math.floor(numRuns / 20));

test('exactly the bits that were set are read, through the encoding', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(index, { maxLength: 20 }), index, async (indices, other) => {
      const bits = new Uint8Array(size / 8);
      for (const each of indices) setBit(bits, each);
      const decoded = await decodeBitstring(await encodeBitstring(bits));
      if (!decoded.ok) throw new Error('refused');
      expect(indices.every((each) => readBit(decoded.value, each))).toBe(true);
      expect(readBit(decoded.value, other)).toBe(indices.includes(other));
      for (const each of indices) setBit(bits, each, false);
      expect(bits.every((octet) => octet === 0)).toBe(true);
    }),
    { numRuns: streams },
  );
});

test('each status is read as it was last written, through the encoding', async () => {
  const list = fc.constantFrom<StatusBits>(1, 2, 4, 8).chain((bits) =>
    fc.record({
      bits: fc.constant(bits),
      writes: fc.array(fc.tuple(fc.nat(999), fc.nat(2 ** bits - 1)), { maxLength: 40 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(list, async ({ bits, writes }) => {
      const bytes = new Uint8Array((1_000 * bits) / 8);
      for (const [at, status] of writes) packStatus({ bytes, bits }, at, status);
      const decoded = await decodeStatuses(await encodeStatuses(bytes));
      if (!decoded.ok) throw new Error('refused');
      const expected = new Map(writes);
      for (let at = 0; at < 1_000; at++) {
        expect(readStatus({ bytes: decoded.value, bits }, at)).toBe(expected.get(at) ?? 0);
      }
    }),
    { numRuns: streams },
  );
});

test('an octet that is changed in an encoded list is noticed or changes nothing', async () => {
  const bits = new Uint8Array(size / 8);
  for (let each = 0; each < size; each += 97) setBit(bits, each);
  const text = await encodeBitstring(bits);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom(...'Aq7_'), async (at, character) => {
      const decoded = await decodeBitstring(
        `${text.slice(0, at)}${character}${text.slice(at + 1)}`,
      );
      if (decoded.ok) expect(Buffer.from(decoded.value).equals(bits)).toBe(true);
    }),
    { numRuns: streams },
  );
});
