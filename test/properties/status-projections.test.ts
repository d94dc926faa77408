import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildStatusLists } from '../../src/status/build-status-lists.ts';
import { anIssuer } from '../keys/made-issuer.ts';
import { aList, exceptionsOf } from '../status/made-list.ts';
import { octetsOf, statesOf } from '../status/read-lists.ts';

const exceptions = fc.uniqueArray(
  fc.record({
    index: fc.integer({ min: 0, max: 131_071 }),
    state: fc.constantFrom('revoked' as const, 'suspended' as const),
  }),
  { selector: ({ index }) => index, maxLength: 200 },
);

const shown = {
  valid: { revoked: 0, suspended: 0, token: 0 },
  revoked: { revoked: 1, suspended: 0, token: 1 },
  suspended: { revoked: 0, suspended: 1, token: 2 },
};

it('shows every index in the same state in all three lists', async () => {
  await fc.assert(
    fc.asyncProperty(exceptions, async (recorded) => {
      const validFrom = new Date('2026-11-20T12:00:00Z');
      const content = {
        issuer: anIssuer(),
        list: aList(),
        exceptions: exceptionsOf(recorded),
        validFrom,
      };
      const octets = octetsOf(await buildStatusLists(content));
      const states = new Map(recorded.map(({ index, state }) => [index, state]));
      for (const index of [...states.keys()].flatMap((one) => [one, (one + 1) % 131_072])) {
        expect(statesOf(octets, index)).toStrictEqual(shown[states.get(index) ?? 'valid']);
      }
    }),
    { numRuns: 30 },
  );
});
