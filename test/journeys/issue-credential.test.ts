import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../src/agents/agent.ts';
import type { CredentialId } from '../../src/credentials/credential.ts';
import type { IssueCredentialInput } from '../../src/journeys/registry.ts';
import { asJson, built, certified, readsLogs } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, payloadOf, type RegistryWorld } from './registry-world.ts';

async function openWithAgent(): Promise<RegistryWorld> {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  return world;
}

describe('issuing a facet', () => {
  it('answers with the sealed facet', async () => {
    const world = await openWithAgent();
    const facet = await world.issue('billing-bot');
    expect(facet).toMatchObject({
      type: 'allowed-actions',
      claims: readsLogs,
      visibility: 'on-request',
      reason: 'CHG-4711',
      sealing: 'sealed',
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2027-02-18T12:00:00Z'),
    });
    expect(payloadOf(facet.jwt ?? '')).toStrictEqual(JSON.parse(facet.payload));
    expect(await world.credential(facet.id)).toStrictEqual(facet);
  });

  it('widens the passport that is published when it answers', async () => {
    const world = await openWithAgent();
    await world.issue('billing-bot');
    const { credentialSubject } = await world.passport('billing-bot');
    expect(credentialSubject).toMatchObject({
      authorizedScopes: ['read:logs/production'],
      delegation: { permitted: false, maxDepth: 0 },
    });
  });

  it('lets the former passport run out', async () => {
    const world = await openWithAgent();
    await world.issue('billing-bot');
    const states = (await world.held((await world.agent('billing-bot')).id)).map(
      ({ type, revokedAt }) => [type, revokedAt],
    );
    expect(states).toHaveLength(3);
    expect(states.every(([, revokedAt]) => revokedAt === null)).toBe(true);
  });

  it('summarises facets of every type', async () => {
    const world = await openWithAgent();
    await world.issue('billing-bot');
    await world.issue('billing-bot', { type: 'provenance', claims: asJson(built) });
    await world.issue('billing-bot', { type: 'compliance', claims: asJson(certified) });
    expect((await world.passport('billing-bot')).credentialSubject).toMatchObject({
      authorizedScopes: ['read:logs/production'],
      complianceAttestations: [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2027-02-18T12:00:00Z' },
      ],
      provenance: { digest: `sha256:${'ab'.repeat(32)}`, slsaLevel: 3 },
    });
  });

  it('is audited: intended by the caller, issued by the registry', async () => {
    const world = await openWithAgent();
    const facet = await world.issue('billing-bot');
    const events = (await world.audited()).filter(({ subject }) => subject === facet.id);
    expect(events).toMatchObject([
      { action: 'credential.intended', actor: { id: 'tok_1' }, reason: 'CHG-4711' },
      { action: 'credential.issued', actor: { id: 'papers' }, reason: 'CHG-4711' },
    ]);
    const { list, index } = events[0].details;
    expect([list, index]).toStrictEqual([facet.status.listNumber, facet.status.index]);
  });
});

async function passportsOf(world: RegistryWorld, agentId: AgentId) {
  return (await world.held(agentId)).filter(({ type }) => type === 'passport');
}

describe('a facet that denies', () => {
  const reads = (...resources: string[]) =>
    resources.map((resource) => ({ action: 'read', resource }));

  it('has the former passport revoked when it denies what that one gave', async () => {
    const world = await openWithAgent();
    const { agentId } = await world.issue('billing-bot', {
      claims: { actions: reads('logs', 'pii') },
    });
    const former = await passportsOf(world, agentId);
    await world.issue('billing-bot', {
      claims: { actions: reads('logs'), denied: reads('pii') },
    });
    expect((await world.passport('billing-bot')).credentialSubject.authorizedScopes).toStrictEqual([
      'read:logs',
    ]);
    expect(await Promise.all(former.map(world.shown))).toContain('revoked');
  });

  it('leaves the former passport alone when it denies what nobody gave', async () => {
    const world = await openWithAgent();
    const { agentId } = await world.issue('billing-bot', { claims: { actions: reads('logs') } });
    const former = await passportsOf(world, agentId);
    await world.issue('billing-bot', {
      claims: { actions: reads('metrics'), denied: reads('pii') },
    });
    await world.keep();
    expect(await Promise.all(former.map(world.shown))).not.toContain('revoked');
  });
});

describe('a public facet', () => {
  it('is served and listed; one on request is neither', async () => {
    const world = await openWithAgent();
    const compliance = { type: 'compliance', claims: asJson(certified) };
    const shown = await world.issue('billing-bot', compliance);
    const hidden = await world.issue('billing-bot');
    const url = `https://id.acme.com/a/billing-bot/credentials/${shown.id}`;
    expect(await world.registry.credentialUrl(shown)).toBe(url);
    expect(await world.registry.credentialUrl(hidden)).toBeNull();
    expect(await world.text(`/a/billing-bot/credentials/${shown.id}`)).toBe(shown.jwt);
    expect(await world.document(`/a/billing-bot/credentials/${hidden.id}`)).toBeNull();
    expect(await world.json('/a/billing-bot/credentials')).toMatchObject([
      { type: 'compliance', url, validUntil: '2027-02-18T12:00:00Z' },
    ]);
  });
});

describe('facets issued at the same time', () => {
  it('for one agent are answered each with its own, and all are in the passport', async () => {
    const world = await openWithAgent();
    const actions = Array.from({ length: 12 }, (_, place) => ({
      action: 'read',
      resource: `logs/${place}`,
    }));
    const facets = await Promise.all(
      actions.map((action) => world.issue('billing-bot', { claims: { actions: [action] } })),
    );
    expect(facets.map(({ claims }) => claims)).toStrictEqual(
      actions.map((action) => ({ actions: [action] })),
    );
    expect((await world.passport('billing-bot')).credentialSubject.authorizedScopes).toStrictEqual(
      actions.map(({ resource }) => `read:${resource}`),
    );
  });

  it('beside one that is refused are issued', async () => {
    const world = await openWithAgent();
    await world.enrol('retiring-bot');
    const retiring = world.registry.retireAgent({
      ...world.caller,
      handle: 'retiring-bot',
      reason: 'gone',
    });
    const settled = await Promise.allSettled([
      world.issue('billing-bot'),
      world.issue('retiring-bot'),
      world.issue('billing-bot'),
      retiring,
    ]);
    expect([settled[0]?.status, settled[2]?.status]).toStrictEqual(['fulfilled', 'fulfilled']);
  });
});

describe('refused, and nothing changed', () => {
  const cases: readonly (readonly [string, Partial<IssueCredentialInput>, string, string])[] = [
    ['an unknown type', { type: 'reputation' }, 'credential-type-unknown', '/type'],
    ['a passport', { type: 'passport' }, 'credential-type-unknown', '/type'],
    ['no reason', { reason: ' ' }, 'invalid-input', '/reason'],
    ['a reason over 500 characters', { reason: 'r'.repeat(501) }, 'invalid-input', '/reason'],
    ['an unknown member', { claims: { actions: [], allow: 1 } }, 'claims-invalid', '/claims'],
    [
      'an action that is longer than a scope may be',
      { claims: { actions: [{ action: 'a'.repeat(201), resource: 'logs' }] } },
      'claims-invalid',
      '/claims/actions/0/action',
    ],
    ['two ends', { validFor: 'P1D', validUntil: new Date() }, 'invalid-input', '/validFor'],
    ['an end in the past', { validUntil: new Date(0) }, 'invalid-input', '/validUntil'],
    [
      'scopes beyond the budget',
      {
        claims: {
          actions: Array.from({ length: 20 }, (_, place) => ({
            action: 'read',
            resource: `${'x'.repeat(150)}${place}`,
          })),
        },
      },
      'document-too-large',
      '/vc+jwt',
    ],
  ];
  it.each(cases)('%s', async (_name, changes, code, pointer) => {
    const world = await openWithAgent();
    const before = await world.snapshot();
    const refusal = await refusalLater(world.issue('billing-bot', changes));
    expect(refusal[0]).toBe(code);
    expect(refusal.some((fault) => fault.startsWith(pointer))).toBe(true);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('an agent that is not there', async () => {
    const world = await openWithAgent();
    const before = await world.snapshot();
    expect(await refusalLater(world.issue('other-bot'))).toStrictEqual(['agent-not-found']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it.each(['suspendAgent', 'retireAgent'] as const)('an agent after %s', async (change) => {
    const world = await openWithAgent();
    await world.registry[change]({ ...world.caller, handle: 'billing-bot', reason: 'INC-7' });
    const before = await world.snapshot();
    expect(await refusalLater(world.issue('billing-bot'))).toStrictEqual(['agent-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('an agent that has reached its end', async () => {
    const world = await openRegistryWorld();
    await world.enrol('short-bot', { expiresAt: new Date('2026-11-21T00:00:00Z') });
    world.clock.set('2026-11-21T00:00:00Z');
    const before = await world.snapshot();
    expect(await refusalLater(world.issue('short-bot'))).toStrictEqual(['agent-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
  });
});

describe('renewing', () => {
  async function renew(world: RegistryWorld, id: CredentialId) {
    return world.registry.renewCredential({ ...world.caller, id, reason: 'renewal' });
  }

  it('issues a successor with the same claims and length of life', async () => {
    const world = await openWithAgent();
    const former = await world.issue('billing-bot', { validFor: 'P30D', visibility: 'public' });
    world.clock.set('2026-12-10T12:00:00.700Z');
    const successor = await renew(world, former.id);
    expect(successor.id).not.toBe(former.id);
    expect(successor).toMatchObject({
      claims: former.claims,
      visibility: 'public',
      reason: 'renewal',
      validFrom: new Date('2026-12-10T12:00:00Z'),
      validUntil: new Date('2027-01-09T12:00:00Z'),
    });
    expect((await world.credential(former.id)).revokedAt).toBeNull();
  });

  it('works at every fraction of a second, for the longest life too', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot', { expiresAt: new Date('2030-01-01T00:00:00Z') });
    const former = await world.issue('billing-bot', { validFor: 'P398D' });
    world.clock.set('2026-12-10T12:00:00.700Z');
    const successor = await renew(world, former.id);
    expect(successor.validUntil).toStrictEqual(new Date('2028-01-12T12:00:00Z'));
  });

  it('of a passport composes it anew', async () => {
    const world = await openWithAgent();
    const [former] = await world.held((await world.agent('billing-bot')).id);
    world.clock.set('2026-11-22T12:00:00Z');
    const successor = await renew(world, former?.id as CredentialId);
    expect(successor).toMatchObject({ type: 'passport', sealing: 'sealed' });
    expect((await world.passport('billing-bot')).validUntil).toBe('2026-11-29T12:00:00Z');
  });

  it('of a revoked facet is refused', async () => {
    const world = await openWithAgent();
    const { id } = await world.issue('billing-bot');
    await world.registry.revokeCredential({ ...world.caller, id, reason: 'INC-7' });
    expect(await refusalLater(renew(world, id))).toStrictEqual(['credential-wrong-state']);
  });

  it('of a suspended facet is refused, or it would end the suspension', async () => {
    const world = await openWithAgent();
    const { id } = await world.issue('billing-bot');
    await world.registry.suspendCredential({ ...world.caller, id, reason: 'INC-7' });
    expect(await refusalLater(renew(world, id))).toStrictEqual(['credential-wrong-state']);
    expect((await world.passport('billing-bot')).credentialSubject).toHaveProperty(
      'authorizedScopes',
      [],
    );
  });

  it('of an unknown credential is refused', async () => {
    const world = await openWithAgent();
    expect(await refusalLater(renew(world, 'crd_unknown' as CredentialId))).toStrictEqual([
      'credential-not-found',
    ]);
  });
});

describe('at the end of a status list', () => {
  it('the next list is served before a credential points to it', async () => {
    const world = await openWithAgent();
    await world.keep();
    await world.database.run(async ({ status }) => {
      await status.takeIndices(world.organization.id, 131_070);
    });
    const facet = await world.issue('billing-bot');
    const { status } = await world.passport('billing-bot');
    expect(facet.status.listNumber).toBe(1);
    expect(status.status_list.uri).toBe('https://id.acme.com/token-status/2');
    expect((await world.document('/token-status/2'))?.state).toBe('live');
  });
});
