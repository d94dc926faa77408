import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SummarisedFacet, summariseFacets } from '../../src/credentials/compose-passport.ts';
import type { AllowedActionsClaims } from '../../src/protocol/facet.ts';
import { scopeOf } from '../../src/protocol/scope.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { anAgent } from '../agents/made-agent.ts';

const now = new Date('2026-11-20T12:00:00Z');
const dayS = 86_400;

const action = fc.record({
  action: fc.constantFrom('read', 'write'),
  resource: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
});
const delegation = fc
  .boolean()
  .chain((permitted) =>
    fc.integer({ min: 0, max: permitted ? 3 : 0 }).map((maxDepth) => ({ permitted, maxDepth })),
  );
const claims: fc.Arbitrary<AllowedActionsClaims> = fc.record(
  {
    actions: fc.array(action, { minLength: 1, maxLength: 6 }),
    denied: fc.array(action, { minLength: 1, maxLength: 3 }),
    delegation,
  },
  { requiredKeys: ['actions'] },
);
const facet = fc.record({ claims, lifeS: fc.integer({ min: 61, max: 30 * dayS }) }).map(
  (one): SummarisedFacet => ({
    type: 'allowed-actions',
    claims: one.claims as unknown as JsonObject,
    visibility: 'public',
    validFrom: now,
    validUntil: new Date(now.getTime() + one.lifeS * 1_000),
  }),
);
const facets = fc.array(facet, { maxLength: 6 });

const said = (all: readonly SummarisedFacet[]) =>
  all.map((one) => one.claims as unknown as AllowedActionsClaims);

describe('whatever the facets say, their summary', () => {
  it('grants what one allows and none denies, and nothing else', () => {
    fc.assert(
      fc.property(facets, (all) => {
        const denied = said(all).flatMap((one) => (one.denied ?? []).map(scopeOf));
        const allowed = said(all).flatMap((one) => one.actions.map(scopeOf));
        const expected = new Set(allowed.filter((scope) => !denied.includes(scope)));
        const { authorizedScopes = [] } = summariseFacets(anAgent(), all, now);
        expect(authorizedScopes).toHaveLength(expected.size);
        expect(new Set(authorizedScopes)).toStrictEqual(expected);
      }),
    );
  });

  it('delegates no further than any of them', () => {
    fc.assert(
      fc.property(facets, (all) => {
        const summary = summariseFacets(anAgent(), all, now);
        for (const { delegation: own } of said(all)) {
          if (own === undefined) continue;
          expect(summary.delegation?.maxDepth).toBeLessThanOrEqual(own.maxDepth);
          if (!own.permitted) expect(summary.delegation?.permitted).toBe(false);
        }
      }),
    );
  });

  it('ends with the first of them, and within seven days', () => {
    fc.assert(
      fc.property(facets, (all) => {
        const ends = all.map(({ validUntil }) => validUntil.getTime());
        const { validUntil } = summariseFacets(anAgent(), all, now);
        expect(validUntil.getTime()).toBe(Math.min(now.getTime() + 7 * dayS * 1_000, ...ends));
      }),
    );
  });
});
