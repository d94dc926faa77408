import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentialStateAt } from '../../src/credentials/credential.ts';
import type { EnrolAgentInput, IssueCredentialInput } from '../../src/journeys/registry.ts';
import { asJson, built, readsLogs } from '../credentials/made-claims.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { newSeal } from '../veramo/made-keys.ts';
import { type Death, type MortalRegistry, startMortalRegistry } from './mortal-registry.ts';
import { payloadOf } from './registry-world.ts';

const stepMs = 12 * 3_600_000;
const stepsInYear = 2 * 365;
/** Rounds between two looks at everything. */
const stepsBetweenLooks = 5;
const start = '2026-11-20T12:00:00.003Z';

const conformant = {
  framework: 'https://www.iso.org/standard/27001',
  edition: 'ISO/IEC 27001:2022',
  outcome: 'conformant',
  assessor: 'Example Assessors',
};
const actions = { type: 'allowed-actions', claims: asJson(readsLogs) } as const;
const provenance = { type: 'provenance', claims: asJson(built) } as const;
const compliance = { type: 'compliance', claims: { attestations: [conformant] } } as const;
const far = new Date('2029-01-01T00:00:00Z');

/** Each agent, its facets, and how many of each are sealed in a year of 365 days. */
const fleet: Readonly<
  Record<
    string,
    {
      readonly agent: Partial<EnrolAgentInput>;
      readonly facets: readonly (Partial<IssueCredentialInput> & { readonly sealed: number })[];
    }
  >
> = {
  'plain-bot': { agent: {}, facets: [] },
  'busy-bot': {
    agent: {},
    facets: [
      { ...actions, sealed: 7 },
      { ...compliance, validFor: 'P30D', sealed: 19 },
    ],
  },
  'log-server': {
    agent: { kind: 'mcp-server', profiles: ['strict'] },
    facets: [{ ...provenance, validFor: 'P60D', sealed: 10 }],
  },
  // It ends on day 200: renewed on days 60 and 120, and at the last only up to its end.
  'ending-bot': {
    agent: { expiresAt: new Date('2027-06-08T12:00:00Z') },
    facets: [{ ...actions, sealed: 3 }],
  },
};

let database: TestDatabase;
const clock = new SettableClock(start);
const seal = newSeal();

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

/** Deaths at ever other places: between plan and seal, after either, and while lists are published. */
function deathNumbered(place: number): Death {
  const after = 1 + ((place * 37) % 41);
  return place % 2 === 0 ? { of: 'signature', after } : { of: 'transaction', after: after * 2 };
}

async function live(place: number): Promise<MortalRegistry> {
  const { connectionString } = database;
  return startMortalRegistry({ connectionString, seal, clock }, deathNumbered(place));
}

async function onboard({ registry, caller }: MortalRegistry): Promise<void> {
  for (const [handle, { agent, facets }] of Object.entries(fleet)) {
    const order = { ...caller, handle, kind: 'agent', name: handle, expiresAt: far } as const;
    const owned = { owners: ['a@acme.com'], key: { custody: 'registry' } } as const;
    await registry.enrolAgent({ ...order, ...owned, ...agent });
    for (const { sealed: _sealed, ...facet } of facets) {
      const asked = { ...caller, handle, reason: 'CHG-1', ...actions, ...facet };
      clock.moveBy(1);
      await registry.issueCredential(asked);
    }
  }
}

async function heldBy({ registry, caller }: MortalRegistry, handle: string) {
  const { id } = await registry.findAgent({ ...caller, handle });
  const filter = { organizationId: caller.organizationId, agentId: id, at: clock.now() };
  return registry.listCredentials(filter, { limit: 1_000 });
}

/** What must hold after every round that ended well. */
async function expectInOrder(world: MortalRegistry, handle: string): Promise<void> {
  const { registry, caller, readers } = world;
  const now = clock.now();
  const agent = await registry.findAgent({ ...caller, handle });
  const held = await heldBy(world, handle);
  const inForce = held.filter((one) => credentialStateAt(one, now) === 'active');
  const document = await readers.documents.find(`/a/${handle}/client.json`);
  if (agent.expiresAt !== null && agent.expiresAt <= now) {
    expect([agent.state, document?.state, inForce.length]).toEqual(['retired', 'gone', 0]);
    return;
  }
  const text = new TextDecoder().decode(document?.body);
  const embedded: string = JSON.parse(text)['vc+jwt'];
  const present = inForce.filter(({ jwt }) => jwt === embedded);
  expect(present, `${handle} at ${now.toISOString()}`).toHaveLength(1);
  const own = inForce.filter(
    ({ type, claims }) => type === 'passport' && claims['id'] === agent.clientId,
  );
  const newest = Math.max(...own.map(({ createdAt }) => createdAt.getTime()));
  expect(present[0]?.createdAt.getTime()).toBe(newest);
  const current = inForce.filter(
    ({ type, renewedBy }) => type !== 'passport' && renewedBy === null,
  );
  const types = fleet[handle]?.facets.map(({ type }) => type) ?? [];
  expect(current.map(({ type }) => type).sort(), handle).toEqual([...types].sort());
  const scopes = types.includes('allowed-actions') ? ['read:logs/production'] : [];
  expect(payloadOf(embedded).credentialSubject.authorizedScopes).toEqual(scopes);
}

it('keeps everybody in papers for a year of restarts, and makes nothing twice', async () => {
  let world = await live(0);
  let deaths = 0;
  await onboard(world);
  world.arm();
  for (let step = 1; step <= stepsInYear; step += 1) {
    clock.moveBy(stepMs);
    await world.keep().catch(() => undefined);
    if (world.isDead()) {
      await world.stop();
      deaths += 1;
      world = await live(deaths);
      world.arm();
      // The next process finds what is left, a little more than a minute later.
      clock.moveBy(61_000);
      await world.keep().catch(() => undefined);
      clock.moveBy(-61_000);
    } else if (step % stepsBetweenLooks === 0) {
      for (const handle of Object.keys(fleet)) await expectInOrder(world, handle);
    }
  }
  expect(deaths).toBeGreaterThan(15);
  await world.stop();
  await expectCounts();
}, 240_000);

async function expectCounts(): Promise<void> {
  const world = await live(0);
  let abandoned = 0;
  for (const [handle, { facets }] of Object.entries(fleet)) {
    const held = await heldBy(world, handle);
    const sealed = held.filter(({ sealing }) => sealing === 'sealed');
    for (const { type = '', sealed: expected } of facets) {
      const chain = sealed.filter((one) => one.type === type);
      expect(chain, `${handle} ${type}`).toHaveLength(expected);
      const former = chain.slice(0, -1).map(({ id }) => id);
      expect(chain.slice(1).map(({ renewalOf }) => renewalOf)).toEqual(former);
      expect(new Set(chain.map(({ series }) => series)).size).toBe(1);
    }
    const lost = held.filter(({ sealing }) => sealing !== 'sealed');
    expect(lost.every(({ sealing, revokedAt }) => sealing === 'abandoned' && revokedAt)).toBe(true);
    abandoned += lost.length;
    expect(new Set(held.map(({ status }) => `${status.listId} ${status.index}`)).size).toBe(
      held.length,
    );
  }
  const passports = (await heldBy(world, 'plain-bot')).filter(
    ({ sealing }) => sealing === 'sealed',
  );
  // Every five days: the first round after two thirds of seven days.
  expect(passports.length).toBeGreaterThanOrEqual(72);
  expect(passports.length).toBeLessThanOrEqual(74);
  expect(abandoned).toBeGreaterThan(0);
  expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
  await world.stop();
}
