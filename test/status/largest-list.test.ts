import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { decodeBitstring, readBit } from '../../src/protocol/bitstring-status-list.ts';
import { maxInflatedStatusBytes, maxStatusListBytes } from '../../src/protocol/limits.ts';
import { decodeStatuses, readStatus } from '../../src/protocol/token-status-list.ts';
import { buildStatusLists } from '../../src/status/build-status-lists.ts';
import { anIssuer } from '../keys/made-issuer.ts';
import { aList } from './made-list.ts';

const size = 1_048_576;

/** Half of all indices, without a pattern that deflates well, in the order of the indices. */
function halfOfThem(): Uint32Array {
  let state = 20_261_122;
  const chosen: number[] = [];
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (state >= 2 ** 31) chosen.push(index);
  }
  return Uint32Array.from(chosen);
}

function build() {
  const exceptions = { revoked: halfOfThem(), suspended: new Uint32Array(0) };
  const list = aList({ size });
  const validFrom = new Date('2026-11-20T12:00:00Z');
  return {
    exceptions,
    build: () => buildStatusLists({ issuer: anIssuer(), list, exceptions, validFrom }),
  };
}

it('the largest list with half of its entries revoked is within what a verifier reads', async () => {
  const { exceptions, build: run } = build();
  const { revocation, token } = await run();
  const { credentialSubject: subject } = revocation as {
    credentialSubject: { encodedList: string };
  };
  const { status_list: statuses } = token as { status_list: { lst: string } };
  const [bits, packed] = [
    await decodeBitstring(subject.encodedList),
    await decodeStatuses(statuses.lst),
  ];
  if (!bits.ok || !packed.ok) throw new TypeError('The verifier does not read the list.');
  expect([bits.value.length, packed.value.length]).toEqual([131_072, 262_144]);
  expect(packed.value.length).toBeLessThan(maxInflatedStatusBytes);
  for (const document of [revocation, token]) {
    // A compact JWS is a third longer than its payload, and has a header and a signature.
    const octets = (JSON.stringify(document).length * 4) / 3 + 500;
    expect(octets).toBeLessThan(maxStatusListBytes);
  }
  const revoked = new Set(exceptions.revoked);
  for (let index = 0; index < size; index += 997) {
    const isRevoked = revoked.has(index);
    expect(readBit(bits.value, index)).toBe(isRevoked);
    expect(readStatus({ bytes: packed.value, bits: 2 }, index)).toBe(isRevoked ? 1 : 0);
  }
});

it('O-06 others have their turn while the largest list is built', async () => {
  const { build: run } = build();
  const turns: number[] = [];
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await delay(1);
      turns.push(performance.now());
    }
  })();
  await run();
  await run();
  isOver = true;
  await others;
  // A list of a million is written in sixteen slices, and deflated off the thread.
  expect(turns.length).toBeGreaterThan(16);
});
