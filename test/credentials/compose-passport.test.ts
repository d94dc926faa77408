import { describe, expect, it } from 'vitest';
import { type SummarisedFacet, summariseFacets } from '../../src/credentials/compose-passport.ts';
import type {
  AllowedActionsClaims,
  Attestation,
  ProvenanceClaims,
} from '../../src/protocol/facet.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { anAgent } from '../agents/made-agent.ts';
import { built } from './made-claims.ts';

const now = new Date('2026-11-20T12:00:00.900Z');
const inAYear = new Date('2027-11-20T12:00:00Z');

function facet(type: SummarisedFacet['type'], claims: object, end = inAYear): SummarisedFacet {
  const visibility = 'public';
  return { type, claims: claims as JsonObject, visibility, validFrom: now, validUntil: end };
}

const may = (...scopes: string[]) =>
  scopes.map((scope) => {
    const [action = '', resource = ''] = scope.split(':');
    return { action, resource };
  });

function allows(claims: Partial<AllowedActionsClaims>, end?: Date): SummarisedFacet {
  return facet('allowed-actions', { actions: may('read:logs'), ...claims }, end);
}

function summarise(...facets: SummarisedFacet[]) {
  return summariseFacets(anAgent(), facets, now);
}

it('says of an agent without facets that it may do nothing', () => {
  expect(summarise()).toStrictEqual({
    authorizedScopes: [],
    validUntil: new Date('2026-11-27T12:00:00Z'),
  });
});

describe('scopes', () => {
  it('are those of all facets, each once, in order', () => {
    const summary = summarise(
      allows({ actions: may('read:logs', 'write:tickets') }),
      allows({ actions: may('write:tickets', 'read:metrics') }),
    );
    expect(summary.authorizedScopes).toStrictEqual(['read:logs', 'write:tickets', 'read:metrics']);
  });

  const denial = [
    [
      'in the same facet',
      [allows({ actions: may('read:logs', 'read:pii'), denied: may('read:pii') })],
    ],
    [
      'in a later one',
      [allows({ actions: may('read:logs', 'read:pii') }), allows({ denied: may('read:pii') })],
    ],
    [
      'in an earlier one',
      [allows({ denied: may('read:pii') }), allows({ actions: may('read:pii') })],
    ],
  ] as const;
  it.each(denial)('that are denied %s are left out', (_where, facets) => {
    expect(summarise(...facets).authorizedScopes).toStrictEqual(['read:logs']);
  });

  it('are none when all of them are denied', () => {
    expect(summarise(allows({ denied: may('read:logs') })).authorizedScopes).toStrictEqual([]);
  });

  it('beyond 32 are none when a facet that nobody can read denies something', () => {
    const names = Array.from({ length: 34 }, (_, at) => `read:${at}`);
    const many = allows({ actions: may(...names) });
    const denying = allows({ actions: may('read:0'), denied: may('read:1') });
    expect(summarise(many, denying)).not.toHaveProperty('authorizedScopes');
    const hidden = { ...denying, visibility: 'on-request' } as const;
    expect(summarise(many, hidden).authorizedScopes).toStrictEqual([]);
  });

  it.each([
    [1, 1],
    [32, 32],
    [33, undefined],
    [200, undefined],
  ])('%d of them appear as %s', (count, shown) => {
    const actions = may(...Array.from({ length: count }, (_, place) => `read:log${place}`));
    expect(summarise(allows({ actions })).authorizedScopes?.length).toBe(shown);
  });

  it('count after what is denied is taken off', () => {
    const actions = may(...Array.from({ length: 33 }, (_, place) => `read:log${place}`));
    const summary = summarise(allows({ actions, denied: may('read:log7') }));
    expect(summary.authorizedScopes).toHaveLength(32);
  });
});

describe('attestations', () => {
  const conformant: Attestation = {
    framework: 'https://www.iso.org/standard/27001',
    edition: 'ISO/IEC 27001:2022',
    outcome: 'conformant',
    assessor: 'Example Assessors',
  };
  const attests = (attestations: readonly Partial<Attestation>[], end?: Date) =>
    facet(
      'compliance',
      { attestations: attestations.map((one) => ({ ...conformant, ...one })) },
      end,
    );
  const editions = (...facets: SummarisedFacet[]) =>
    (summarise(...facets).complianceAttestations ?? []).map(({ standard }) => standard);

  it('end with their own end or with that of their facet, whichever is first', () => {
    const summary = summarise(
      attests([
        { edition: 'own end', validUntil: '2027-03-01T00:00:00Z' },
        { edition: 'later end', validUntil: '2029-01-01T00:00:00Z' },
        { edition: 'no end' },
      ]),
    );
    expect(summary.complianceAttestations).toStrictEqual([
      { standard: 'own end', validUntil: '2027-03-01T00:00:00Z' },
      { standard: 'later end', validUntil: '2027-11-20T12:00:00Z' },
      { standard: 'no end', validUntil: '2027-11-20T12:00:00Z' },
    ]);
  });

  it.each([
    ['not conformant', { outcome: 'nonconformant' }],
    ['conformant in other words', { outcome: 'Conformant' }],
    ['ended', { validUntil: '2026-11-20T12:00:00Z' }],
    ['not yet begun', { validFrom: '2026-11-21T00:00:00Z' }],
  ])('that are %s are left out', (_name, change) => {
    expect(editions(attests([{ edition: 'other', ...change }, {}]))).toStrictEqual([
      'ISO/IEC 27001:2022',
    ]);
  });

  it('are at most four, the oldest facets first', () => {
    const five = ['A', 'B', 'C', 'D', 'E'].map((edition) => attests([{ edition }]));
    expect(editions(...five)).toStrictEqual(['A', 'B', 'C', 'D']);
  });

  it('of one edition appear once, with the later end', () => {
    const summary = summarise(
      attests([{ validUntil: '2027-01-01T00:00:00Z' }]),
      attests([{ validUntil: '2027-06-01T00:00:00Z' }]),
    );
    expect(summary.complianceAttestations).toStrictEqual([
      { standard: 'ISO/IEC 27001:2022', validUntil: '2027-06-01T00:00:00Z' },
    ]);
  });
});

describe('provenance', () => {
  const bare: ProvenanceClaims = { software: built.software };

  it('is the first artifact and the build level of the newest facet', () => {
    const newest = { ...built, artifacts: [{ name: 'a', digest: `sha256:${'cd'.repeat(32)}` }] };
    const summary = summarise(facet('provenance', built), facet('provenance', newest));
    expect(summary.provenance).toStrictEqual({
      digest: `sha256:${'cd'.repeat(32)}`,
      slsaLevel: 3,
    });
  });

  it('is absent when the facet names neither', () => {
    expect(summarise(facet('provenance', bare))).not.toHaveProperty('provenance');
  });
});

describe('delegation', () => {
  const yes = (maxDepth: number) => allows({ delegation: { permitted: true, maxDepth } });
  const no = allows({ delegation: { permitted: false, maxDepth: 0 } });

  it.each([
    ['of no facet', [], undefined],
    ['of a facet that is silent', [allows({})], undefined],
    ['of one', [yes(2)], { permitted: true, maxDepth: 2 }],
    ['of several, at its narrowest', [yes(3), yes(1), yes(2)], { permitted: true, maxDepth: 1 }],
    ['that one forbids', [yes(3), no], { permitted: false, maxDepth: 0 }],
    ['beside a silent one', [allows({}), yes(2)], { permitted: true, maxDepth: 2 }],
  ] as const)('%s', (_name, facets, delegation) => {
    expect(summarise(...facets).delegation).toStrictEqual(delegation);
  });
});

describe('the end of a passport', () => {
  it.each([
    ['seven days', {}, inAYear, '2026-11-27T12:00:00.000Z'],
    ['its earliest facet', {}, new Date('2026-11-22T00:00:00.700Z'), '2026-11-22T00:00:00.000Z'],
    [
      'the agent',
      { expiresAt: new Date('2026-11-21T00:00:00Z') },
      new Date('2026-11-22T00:00:00Z'),
      '2026-11-21T00:00:00.000Z',
    ],
  ])('is that of %s', (_name, change, facetEnd, end) => {
    const facets = [allows({}), allows({}, facetEnd)];
    expect(summariseFacets(anAgent(change), facets, now).validUntil.toISOString()).toBe(end);
  });

  it('is not that of a facet in its last minute, which is left out', () => {
    const ending = allows({ actions: may('read:metrics') }, new Date(now.getTime() + 60_000));
    expect(summarise(ending, allows({}))).toStrictEqual({
      authorizedScopes: ['read:logs'],
      validUntil: new Date('2026-11-27T12:00:00Z'),
    });
  });

  it('leaves a facet in its last minute its say in what is denied', () => {
    const last = new Date(now.getTime() + 30_000);
    const summary = summarise(
      allows({ actions: may('read:logs', 'read:pii') }),
      allows({ denied: may('read:pii'), delegation: { permitted: false, maxDepth: 0 } }, last),
    );
    expect(summary.authorizedScopes).toStrictEqual(['read:logs']);
  });
});
