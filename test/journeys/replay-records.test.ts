import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import type { ReplayedRecord } from '../../src/journeys/replay-effects.ts';
import { replayRecords } from '../../src/journeys/replay-records.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const reason = 'INC-1';

/** A registry with an agent and a facet, of which a backup was taken. */
async function openBackedUp() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  const facet = await world.issue('billing-bot');
  await world.keep();
  const rewind = world.database.backUp();
  const [head] = (await world.database.readers.audit.readAfter(0, 100_000)).slice(-1);
  if (head === undefined) throw new Error('no audit trail');
  return { world, agent, facet, rewind, head };
}

type BackedUp = Awaited<ReturnType<typeof openBackedUp>>;

/** Loses all that was done since the backup but for the journal, restores, and runs a round. */
async function restore({ world, rewind, head }: BackedUp, linked?: number) {
  const after = await world.database.readers.audit.readAfter(head.sequence, 100_000);
  const records = after.map((record): ReplayedRecord => {
    const { reason: why, details } = JSON.parse(record.body);
    return { ...record, reason: why, details };
  });
  rewind();
  world.clock.moveBy(60_000);
  world.deps.issuers.forget(world.organization.id);
  const order = { head, records, linked: linked ?? records.length, listsSkipped: 1 };
  const done = await replayRecords({ ...world.deps, work: world.database }, order);
  const kept = await world.keep();
  expect(kept.failures).toEqual([]);
  return { done, after, trail: await world.database.readers.audit.readAfter(0, 100_000) };
}

const refOf = (world: RegistryWorld, handle = 'billing-bot') => ({
  ...world.caller,
  handle,
  reason,
});

async function shown(world: RegistryWorld, credential: Credential) {
  return world.shown(credential);
}

describe('after a restore', () => {
  it('what was revoked since is revoked, and so is what was issued since and is lost', async () => {
    const backed = await openBackedUp();
    const { world, facet } = backed;
    const other = await world.issue('billing-bot', { type: 'allowed-actions' });
    await world.registry.revokeCredential({ ...world.caller, id: facet.id, reason });
    const { done } = await restore(backed);
    expect(await shown(world, facet)).toBe('revoked');
    expect(await shown(world, other)).toBe('revoked');
    await expect(world.credential(other.id)).rejects.toMatchObject({
      code: 'credential-not-found',
    });
    expect(done.replayed['credential.revoked']).toBeGreaterThan(0);
    expect(done.lost.map(({ action }) => action)).toEqual(['credential.issued']);
  });

  it('a facet that nobody touched is in force, under papers that were issued anew', async () => {
    const backed = await openBackedUp();
    const { world, agent, facet } = backed;
    const before = await world.held(agent.id);
    await world.issue('billing-bot');
    await restore(backed);
    expect(await shown(world, facet)).toBe('valid');
    const held = await world.held(agent.id);
    const passports = held.filter(
      ({ type, revokedAt }) => type === 'passport' && revokedAt === null,
    );
    expect(passports.length).toBe(1);
    expect(before.map(({ id }) => id)).not.toContain(passports[0]?.id);
  });

  it('the trail goes on after the last record of the journal', async () => {
    const backed = await openBackedUp();
    const { world, head, agent } = backed;
    await world.registry.suspendAgent(refOf(world));
    const { after, trail } = await restore(backed);
    expect(after.length).toBeGreaterThan(0);
    expect(trail.slice(head.sequence, head.sequence + after.length)).toMatchObject(after);
    expect(trail[head.sequence + after.length]).toMatchObject({ action: 'registry.restored' });
    expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
    expect(await world.agent('billing-bot')).toMatchObject({ id: agent.id, state: 'suspended' });
  });

  it('an agent that was suspended and resumed is active', async () => {
    const backed = await openBackedUp();
    const { world, facet } = backed;
    await world.registry.suspendAgent(refOf(world));
    await world.registry.resumeAgent(refOf(world));
    await restore(backed);
    expect(await world.agent('billing-bot')).toMatchObject({ state: 'active' });
    expect(await shown(world, facet)).toBe('valid');
  });

  it('a suspension of a credential lasts, and one that ended is over', async () => {
    const backed = await openBackedUp();
    const { world, facet } = backed;
    const change = { ...world.caller, id: facet.id, reason };
    await world.registry.suspendCredential(change);
    await world.registry.resumeCredential(change);
    await world.registry.suspendCredential(change);
    await restore(backed);
    expect(await shown(world, facet)).toBe('suspended');
  });

  it('an agent that was retired is retired, and so is its handle', async () => {
    const backed = await openBackedUp();
    const { world, facet } = backed;
    await world.registry.retireAgent(refOf(world));
    await restore(backed);
    expect(await world.agent('billing-bot')).toMatchObject({ state: 'retired' });
    expect(await shown(world, facet)).toBe('revoked');
    expect(await world.document('/a/billing-bot/client.json')).toMatchObject({ state: 'gone' });
  });

  it('an agent that was onboarded since is retired, and nobody gets its handle', async () => {
    const backed = await openBackedUp();
    const { world } = backed;
    const late = await world.enrol('late-bot');
    const [passport] = await world.held(late.id);
    await restore(backed);
    expect(await world.agent('late-bot')).toMatchObject({ id: late.id, state: 'retired' });
    expect(await shown(world, passport as Credential)).toBe('revoked');
    await expect(world.enrol('late-bot')).rejects.toMatchObject({ code: 'handle-taken' });
  });

  it('no index is handed out that was handed out before, and none from a former list', async () => {
    const backed = await openBackedUp();
    const { world } = backed;
    const taken = new Set<string>();
    for (let number = 0; number < 20; number += 1) {
      const { status } = await world.issue('billing-bot');
      taken.add(`${status.listNumber}/${status.index}`);
    }
    await restore(backed);
    for (let number = 0; number < 20; number += 1) {
      const { status } = await world.issue('billing-bot');
      expect(taken).not.toContain(`${status.listNumber}/${status.index}`);
      expect(status.listNumber).toBe(3);
    }
  });

  it('a key that was given up is in no document, and its agent waits for another', async () => {
    const backed = await openBackedUp();
    const { world, agent } = backed;
    const [key] = await world.deps.keys.listByDids([agent.did]);
    const thumbprint = key?.thumbprint ?? '';
    await world.registry.compromiseAgentKey({ ...refOf(world), thumbprint, jwk: undefined });
    await restore(backed);
    expect(await world.agent('billing-bot')).toMatchObject({ state: 'suspended' });
    const jwks = await world.document('/a/billing-bot/jwks.json');
    expect(new TextDecoder().decode(jwks?.body)).not.toContain(thumbprint);
  });

  it("an issuer's key that was given up signs nothing, and a new one signs everything anew", async () => {
    const backed = await openBackedUp();
    const { world } = backed;
    const { did } = world.organization;
    const [former] = await world.deps.keys.listByDids([did]);
    const key = former?.id ?? '';
    await world.registry.compromiseIssuerKey({ ...world.caller, key, reason });
    await restore(backed);
    const keys = await world.deps.keys.listByDids([did]);
    expect(keys.map(({ id, state, revokedAt }) => [id === key, state, revokedAt !== null])).toEqual(
      [
        [true, 'retired', true],
        [false, 'active', false],
      ],
    );
    const held = (await world.held(backed.agent.id)).filter(({ revokedAt }) => revokedAt === null);
    expect(held.every(({ keyId }) => keyId !== key)).toBe(true);
    expect(held.map(({ type }) => type).sort()).toEqual(['allowed-actions', 'passport']);
  });

  it('a token that was revoked opens nothing, and who left is gone', async () => {
    const world = await openRegistryWorld();
    const order = {
      ...world.caller,
      name: 'ci',
      scopes: ['agents:read'],
      expiresAt: null,
    } as const;
    const { token, text } = await world.registry.createToken(order);
    await world.enrol('billing-bot');
    await world.keep();
    const rewind = world.database.backUp();
    const head = (await world.database.readers.audit.readAfter(0, 1_000)).at(-1);
    if (head === undefined) throw new Error('no audit trail');
    await world.registry.revokeToken({ ...world.caller, id: token.id });
    await world.registry.markOwnerDeparted({ ...world.caller, owner: 'lead@acme.com', reason });
    const agent = await world.agent('billing-bot');
    const [facet] = await world.held(agent.id);
    await restore({ world, rewind, head, agent, facet: facet as Credential });
    expect(await world.registry.authenticate(text)).toBe(null);
    const departed = await world.database.readers.owners.listDeparted(world.organization.id);
    expect(departed.map(({ owner }) => owner)).toEqual(['lead@acme.com']);
  });

  it('records after a gap take back what they say, and are not put back themselves', async () => {
    const backed = await openBackedUp();
    const { world, facet, head } = backed;
    await world.registry.revokeCredential({ ...world.caller, id: facet.id, reason });
    const { trail } = await restore(backed, 0);
    expect(await shown(world, facet)).toBe('revoked');
    expect(trail[head.sequence]).toMatchObject({ action: 'registry.restored' });
  });
});
