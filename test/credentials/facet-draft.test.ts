import { describe, expect, it } from 'vitest';
import { claimsOf, facetTypeOf, visibilityOf } from '../../src/credentials/facet-draft.ts';
import { refusalOf } from '../kernel/refusal.ts';
import { asJson, built, certified, readsLogs } from './made-claims.ts';

describe('the type of a facet', () => {
  it.each(['compliance', 'provenance', 'allowed-actions'] as const)('may be %s', (type) => {
    expect(facetTypeOf(type)).toBe(type);
  });

  it.each(['passport', '', 'Compliance', 'AgentComplianceCredential', 'toString'])(
    'is never %j',
    (text) => {
      expect(refusalOf(() => facetTypeOf(text))).toStrictEqual([
        'credential-type-unknown',
        '/type: must be one of compliance, provenance, allowed-actions, or a type of your own',
      ]);
    },
  );
});

describe('the claims of a facet', () => {
  it.each([
    ['compliance', asJson(certified)],
    ['provenance', asJson(built)],
    ['allowed-actions', asJson(readsLogs)],
  ] as const)('of type %s are read', (type, claims) => {
    expect(claimsOf(type, claims)).toStrictEqual(claims);
  });

  it('are refused with every fault at its place in the request', () => {
    const claims = {
      actions: [{ action: 'read' }, { action: 'rea d', resource: 'logs' }],
      id: 'https://id.acme.com/a/other-bot/client.json',
    };
    expect(refusalOf(() => claimsOf('allowed-actions', claims))).toStrictEqual([
      'claims-invalid',
      '/claims/actions/0: must have the member "resource"',
      '/claims/actions/1/action: is not in its format',
      '/claims/id: is not a known member',
    ]);
  });

  it.each([null, [], 'read', 7])('are never %j', (claims) => {
    expect(refusalOf(() => claimsOf('compliance', claims))).toStrictEqual([
      'claims-invalid',
      '/claims: must be an object',
    ]);
  });
});

it.each([
  ['compliance', undefined, 'public'],
  ['provenance', undefined, 'on-request'],
  ['allowed-actions', undefined, 'on-request'],
  ['compliance', 'on-request', 'on-request'],
  ['provenance', 'public', 'public'],
] as const)('a facet of type %s asked to be %s is %s', (type, asked, visibility) => {
  expect(visibilityOf(type, asked)).toBe(visibility);
});
