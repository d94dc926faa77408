import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import type { EnrolAgentInput, IssueCredentialInput } from '../../src/journeys/registry.ts';
import { renewFacets } from '../../src/journeys/renew-facets.ts';
import type { ComplianceClaims } from '../../src/protocol/facet.ts';
import { asJson, certified, readsLogs } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

async function openWithFacet(
  changes: Partial<IssueCredentialInput> = {},
  agentChanges: Partial<EnrolAgentInput> = {},
) {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot', agentChanges);
  const facet = await world.issue('billing-bot', changes);
  await world.keep();
  return { world, agent, facet };
}

/** The facets of the world's one agent, oldest first. */
async function facetsIn(world: RegistryWorld): Promise<readonly Credential[]> {
  const { id } = await world.agent('billing-bot');
  return (await world.held(id)).filter(({ type }) => type !== 'passport');
}

const day = (date: string) => `${date}T12:00:01Z`;

describe('a facet', () => {
  it.each([
    ['before two thirds of its life', '2027-01-19T11:59:59Z', 0],
    ['after two thirds of its life', day('2027-01-19'), 1],
    ['a little after its end', day('2027-02-20'), 1],
    ['long after its end', day('2027-02-27'), 0],
  ])('%s', async (_name, at, facetsRenewed) => {
    const { world } = await openWithFacet();
    world.clock.set(at);
    expect(await world.keep()).toMatchObject({ facetsRenewed, failures: [] });
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0, failures: [] });
  });

  it('is renewed with what it says, and runs out by itself', async () => {
    const { world, facet } = await openWithFacet({ visibility: 'public' });
    world.clock.set(day('2027-01-19'));
    await world.keep();
    const [former, renewal] = await facetsIn(world);
    expect(renewal).toMatchObject({
      ...{ type: 'allowed-actions', claims: readsLogs, visibility: 'public', reason: 'CHG-4711' },
      ...{ renewalOf: facet.id, series: facet.id, renewsForS: 7_776_000, sealing: 'sealed' },
      validFrom: new Date(day('2027-01-19')),
      validUntil: new Date(day('2027-04-19')),
    });
    expect(former).toMatchObject({ id: facet.id, revokedAt: null, renewedBy: renewal?.id });
    expect(await world.json('/a/billing-bot/credentials')).toHaveLength(1);
    expect(await world.document(`/a/billing-bot/credentials/${facet.id}`)).not.toBeNull();
  });

  it('is renewed under the name of the job, which names the former one', async () => {
    const { world, facet } = await openWithFacet();
    const { length } = await world.audited();
    world.clock.set(day('2027-01-19'));
    await world.keep();
    const intended = (await world.audited(length)).filter(
      ({ action }) => action === 'credential.intended',
    );
    expect(intended[0]).toMatchObject({
      actor: { kind: 'system', id: 'renew-facets' },
      details: { type: 'allowed-actions', renewalOf: facet.id },
    });
  });

  it('whose renewal is in force does not shorten the passport', async () => {
    const { world } = await openWithFacet({ validFor: 'P3D' });
    world.clock.set(day('2026-11-22'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 1, passportsRenewed: 0 });
    expect((await world.passport('billing-bot')).validUntil).toBe('2026-11-25T12:00:01Z');
  });

  it.each<[string, Partial<IssueCredentialInput>]>([
    ['with an end that was named', { validUntil: new Date('2027-02-18T12:00:00Z') }],
    ['that is to run out', { renew: false }],
  ])('%s is not renewed', async (_name, changes) => {
    const { world } = await openWithFacet(changes);
    world.clock.set(day('2027-01-25'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0, failures: [] });
  });

  it('with an end that was named cannot be asked to renew', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    const changes = { validUntil: new Date('2027-02-18T12:00:00Z'), renew: true };
    expect(await refusalLater(world.issue('billing-bot', changes))).toStrictEqual([
      'invalid-input',
      '/renew: what is to end at validUntil is not renewed',
    ]);
  });

  it('that somebody renewed is not renewed again, but its successor is', async () => {
    const { world, facet } = await openWithFacet();
    world.clock.set(day('2027-01-01'));
    const asked = { ...world.caller, id: facet.id, reason: 'yearly review' };
    const successor = await world.registry.renewCredential(asked);
    expect(successor).toMatchObject({ renewalOf: facet.id, series: successor.id });
    world.clock.set(day('2027-01-25'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0 });
    world.clock.set(day('2027-03-05'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 1 });
    expect((await facetsIn(world)).at(-1)).toMatchObject({ renewalOf: successor.id });
  });
});

describe('a renewal', () => {
  it('ends with the agent, and there is none after it', async () => {
    const end = new Date('2027-03-01T00:00:00.700Z');
    const { world } = await openWithFacet({}, { expiresAt: end });
    world.clock.set(day('2027-01-20'));
    await world.keep();
    expect((await facetsIn(world)).at(-1)?.validUntil).toStrictEqual(
      new Date('2027-03-01T00:00:00Z'),
    );
    world.clock.set(day('2027-02-25'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0, failures: [] });
  });

  it('is as long as was asked at first once the end of the agent is put off', async () => {
    const { world } = await openWithFacet({}, { expiresAt: new Date('2026-12-01T00:00:00Z') });
    const later = { expiresAt: new Date('2028-01-01T00:00:00Z') };
    await world.registry.updateAgent({ ...world.caller, handle: 'billing-bot', changes: later });
    world.clock.set(day('2026-11-28'));
    await world.keep();
    expect((await facetsIn(world)).at(-1)?.validUntil).toStrictEqual(new Date(day('2027-02-26')));
  });

  const attested = (...ends: readonly (string | undefined)[]): ComplianceClaims => {
    const [{ validUntil: _left, ...attestation }] = certified.attestations as [
      ComplianceClaims['attestations'][number],
    ];
    return {
      attestations: ends.map((validUntil, place) => ({
        ...{ ...attestation, edition: `edition ${place}` },
        ...(validUntil === undefined ? {} : { validUntil }),
      })),
    };
  };

  it.each([
    ['the only attestation', attested('2027-03-01T00:00:00Z'), '2027-03-01T00:00:00Z'],
    [
      'the last of several',
      attested('2027-01-01T00:00:00Z', '2027-03-01T00:00:00Z'),
      '2027-03-01T00:00:00Z',
    ],
    ['its asked life', attested('2027-01-01T00:00:00Z', undefined), '2027-04-20T12:00:01Z'],
  ])('of a compliance facet ends with %s', async (_name, claims, end) => {
    const { world } = await openWithFacet({ type: 'compliance', claims: asJson(claims) });
    world.clock.set(day('2027-01-20'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 1 });
    expect((await facetsIn(world)).at(-1)?.validUntil).toStrictEqual(new Date(end));
  });

  it('is not made of what has no attestation left', async () => {
    const claims = asJson(attested('2027-02-01T00:00:00Z'));
    const { world, facet } = await openWithFacet({ type: 'compliance', claims });
    expect(facet.renewsForS).toBeNull();
    world.clock.set(day('2027-01-25'));
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0, failures: [] });
  });

  it('is made once after it was recorded and lost', async () => {
    const { world, facet } = await openWithFacet();
    world.clock.set(day('2027-01-19'));
    world.interruptions.beforeSigning = () => Promise.reject(new Error('killed'));
    const interrupted = await world.keep();
    expect(interrupted).toMatchObject({ facetsRenewed: 0 });
    expect(interrupted.failures.map(String)).toContain('Error: killed');
    world.interruptions.beforeSigning = async () => {};
    expect(await world.keep()).toMatchObject({ facetsRenewed: 0 });
    world.clock.moveBy(61_000);
    expect(await world.keep()).toMatchObject({ facetsRenewed: 1, failures: [] });
    const renewals = (await facetsIn(world)).filter(({ renewalOf }) => renewalOf === facet.id);
    expect(renewals.map(({ sealing }) => sealing)).toStrictEqual(['abandoned', 'sealed']);
    expect(await Promise.all(renewals.map(world.shown))).toStrictEqual(['revoked', 'valid']);
  });

  it.each<[string, (world: RegistryWorld, facet: Credential) => Promise<unknown>]>([
    ['renewed by another process', (world) => world.keep()],
    [
      'revoked',
      (world, { id }) => world.registry.revokeCredential({ ...world.caller, id, reason: 'INC-7' }),
    ],
    [
      'left without its agent',
      (world) =>
        world.registry.suspendAgent({ ...world.caller, handle: 'billing-bot', reason: 'INC-7' }),
    ],
  ])('is not made of what was due and is meanwhile %s', async (_name, change) => {
    const { world, facet } = await openWithFacet();
    world.clock.set(day('2027-01-19'));
    const order = { lapsedBefore: new Date(0), limit: 9 };
    const due = await world.deps.credentials.listFacetsDue(world.clock.now(), order);
    expect(due).toHaveLength(1);
    await change(world, facet);
    const before = (await facetsIn(world)).length;
    const stale = Object.assign(Object.create(world.deps.credentials), {
      listFacetsDue: async () => due,
    });
    const renewed = await renewFacets({ ...world.deps, credentials: stale });
    expect(renewed).toStrictEqual({ count: 0, failures: [] });
    expect(await facetsIn(world)).toHaveLength(before);
  });

  it('is made once by two rounds at the same time', async () => {
    const { world } = await openWithFacet();
    world.clock.set(day('2027-01-19'));
    const kept = await Promise.all([world.keep(), world.keep()]);
    expect(kept.flatMap(({ failures }) => failures)).toStrictEqual([]);
    expect(await facetsIn(world)).toHaveLength(2);
  });
});

describe('taking back', () => {
  async function openRenewed() {
    const { world, facet } = await openWithFacet();
    world.clock.set(day('2027-01-19'));
    await world.keep();
    const renewal = (await facetsIn(world)).at(-1) as Credential;
    const shown = () => Promise.all([facet, renewal].map(world.shown));
    const at = (verb: 'revoke' | 'suspend' | 'resume', { id }: Credential) => {
      const input = { ...world.caller, id, reason: 'INC-7' };
      world.clock.moveBy(1);
      const { registry } = world;
      if (verb === 'revoke') return registry.revokeCredential(input);
      return verb === 'suspend'
        ? registry.suspendCredential(input)
        : registry.resumeCredential(input);
    };
    return { world, facet, renewal, shown, at };
  }

  it('a facet takes back its renewal, and the other way round', async () => {
    for (const which of ['facet', 'renewal'] as const) {
      const opened = await openRenewed();
      await opened.at('revoke', opened[which]);
      expect(await opened.shown()).toStrictEqual(['revoked', 'revoked']);
      const { credentialSubject } = await opened.world.passport('billing-bot');
      expect(credentialSubject).toHaveProperty('authorizedScopes', []);
      expect(await opened.world.keep()).toMatchObject({ facetsRenewed: 0 });
    }
  });

  it('an expired facet takes back the renewal that is in force', async () => {
    const { world, facet, shown, at } = await openRenewed();
    world.clock.set(day('2027-02-25'));
    await at('revoke', facet);
    expect((await shown())[1]).toBe('revoked');
  });

  it('for now is ended for both', async () => {
    const { facet, renewal, shown, at } = await openRenewed();
    await at('suspend', facet);
    expect(await shown()).toStrictEqual(['suspended', 'suspended']);
    await at('resume', renewal);
    expect(await shown()).toStrictEqual(['valid', 'valid']);
  });
});
