import { describe, expect, it } from 'vitest';
import type { Court } from '../../src/verifier/inquiry.ts';
import type { Check } from '../../src/verifier/run-checks.ts';
import { createSources } from '../../src/verifier/sources.ts';
import { trustOf } from '../../src/verifier/trust.ts';
import { checks, verifyClient } from '../../src/verifier/verify-client.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { onlyTrust, type Tampering } from './support/tampering.ts';
import { tamperings } from './support/tamperings.ts';

async function judge(table: readonly Check[], tampering: Partial<Tampering>) {
  const world = await createPaperWorld();
  await tampering.tamper?.(world);
  const { fetch, clock } = world;
  const court: Court = {
    clock,
    trust: trustOf(tampering.policy?.(world.policy) ?? world.policy),
    sources: createSources({ fetch, clock }),
    allowLoopback: false,
    validators: new Map(),
    approvals: world.approvals,
  };
  const value = tampering.clientId ?? world.clientId;
  const question = {
    input: { kind: 'client_id', value },
    raw: value,
    scope: 'write:tickets',
    details: [{ type: 'tickets' }],
    credentials: [],
  } as const;
  const { outcome, reason, granted } = await verifyClient(court, question, table);
  return { outcome, reason, granted, asked: fetch.asked.length };
}

/** An agent that is granted what its passport permits, and a detail by a facet of its own. */
const furnished: Partial<Tampering> = {
  policy: onlyTrust({
    credentialTypes: ['AgentAuthorizationCredential', 'AgentAllowedActionsCredential'],
  }),
  tamper: async (world) => {
    const authorizationDetails = [{ type: 'tickets' }];
    const actions = [{ action: 'write', resource: 'tickets', authorizationDetails }];
    await world.publishFacets([{ jwt: await world.issueFacet({ claims: { actions } }) }]);
  },
};

const without = (id: string) => checks.filter(([other]) => other !== id);
const tampered = new Set(tamperings.map(({ check }) => check));

describe('a check that is taken out is missed', () => {
  it('has a tampering for every check that can refuse', () => {
    const refusing = (id: string) => id !== 'credential.facets' && !id.startsWith('access.');
    const ids = checks.map(([id]) => id).filter(refusing);
    expect([...tampered].sort()).toEqual(ids.sort());
  });

  it.each([...tampered])('%s', async (id) => {
    const own = tamperings.filter(({ check }) => check === id);
    const verdicts = await Promise.all(own.map((tampering) => judge(without(id), tampering)));
    const unnoticed = verdicts.every(({ outcome, reason, asked }, at) => {
      const expected = own[at];
      const sameAsking = expected?.asked === undefined || expected.asked === asked;
      return outcome === expected?.outcome && reason === expected.reason && sameAsking;
    });
    expect(unnoticed).toBe(false);
  });

  it.each([
    ['access.scopes', [{ type: 'tickets' }]],
    ['access.details', ['write:tickets']],
  ])('%s', async (id, left) => {
    const granted = ['write:tickets', { type: 'tickets' }];
    expect(await judge(checks, furnished)).toMatchObject({ outcome: 'accepted', granted });
    expect(await judge(without(id), furnished)).toMatchObject({ granted: left });
  });
});

describe('a check that the next ones rest on can only deny when it is taken out', () => {
  const foundations = [
    'client-id.syntax',
    'document.fetch',
    'issuer.did',
    'issuer.key',
    'credential.signature',
    'credential.schema',
    'status.lists',
    'credential.facets',
  ];

  it.each(foundations)('%s', async (id) => {
    expect(await judge(checks, {})).toMatchObject({ outcome: 'accepted', reason: null });
    expect(await judge(without(id), {})).toMatchObject({ outcome: 'undetermined' });
  });
});
