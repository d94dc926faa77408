import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { keepPapers } from '../../src/journeys/keep-papers.ts';
import { newStatusList } from '../../src/status/reserve-index.ts';
import { openRegistryWorld } from './registry-world.ts';

const nothing = {
  listsPublished: 0,
  intentsAbandoned: 0,
  listsRetired: 0,
  agentsRetired: 0,
  agentsCaughtUp: 0,
  facetsRenewed: 0,
  passportsRenewed: 0,
  rotationsAdvanced: 0,
  exchangesForgotten: 0,
  issuerKeysChanged: 0,
  agentsReissued: 0,
  failures: [],
};
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

async function openWithAgent() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  await world.keep();
  return { world, agent };
}

it('does nothing twice', async () => {
  const { world } = await openWithAgent();
  expect(await world.keep()).toStrictEqual(nothing);
});

describe('status lists', () => {
  it('are published in the first round', async () => {
    const world = await openRegistryWorld();
    expect(await world.keep()).toStrictEqual({ ...nothing, listsPublished: 1 });
    expect((await world.document('/status/1r'))?.state).toBe('live');
  });

  it.each([
    ['just under the time of the first list', 225_835, 0],
    ['the time of the first list', 225_836, 1],
    ['five minutes', 5 * minuteMs, 1],
    ['a clock that stepped back a little', -5 * minuteMs, 0],
  ])('are signed anew after %s', async (_name, ms, listsPublished) => {
    const { world } = await openWithAgent();
    world.clock.moveBy(ms);
    expect(await world.keep()).toStrictEqual({ ...nothing, listsPublished });
  });

  it('are left to the next round by one that is stopped before it comes to them', async () => {
    const { world } = await openWithAgent();
    world.clock.moveBy(5 * minuteMs);
    expect(await keepPapers(world.deps, AbortSignal.abort())).toStrictEqual(nothing);
    expect(await world.keep()).toStrictEqual({ ...nothing, listsPublished: 1 });
  });

  it('that were signed together are signed anew a few at a time, each within five minutes', async () => {
    const { world } = await openWithAgent();
    const first = world.clock.now();
    await world.database.run(async ({ status }) => {
      for (let number = 2; number <= 100; number += 1) {
        const order = { organizationId: world.organization.id, at: first };
        await status.insertList({ ...newStatusList(order, number), size: 131_072 });
      }
    });
    expect(await world.keep()).toMatchObject({ listsPublished: 99 });
    const counts: number[] = [];
    for (let ms = 0; ms < 5 * minuteMs; ms += 15_000) {
      world.clock.moveBy(15_000);
      counts.push((await world.keep()).listsPublished);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(15);
    expect(counts.reduce((sum, count) => sum + count)).toBe(100);
  }, 60_000);

  it('I-11 are retired a day after the last of their credentials ended, and not before', async () => {
    const { world, agent } = await openWithAgent();
    const [passport] = await world.held(agent.id);
    const [list] = await world.database.readers.status.listLists();
    if (list === undefined || passport === undefined) throw new TypeError('nothing to retire');
    expect(list.lastEnd).toStrictEqual(passport.validUntil);
    await world.database.run(async ({ status }) => {
      const { organizationId } = list;
      await status.insertList(newStatusList({ organizationId, at: world.clock.now() }, 2));
    });
    await world.registry.retireAgent({ ...world.caller, handle: 'billing-bot', reason: 'over' });
    world.clock.set(new Date(passport.validUntil.getTime() + dayMs).toISOString());
    expect(await world.keep()).toMatchObject({ listsRetired: 0, failures: [] });
    expect(await world.shown(passport)).toBe('revoked');
    world.clock.moveBy(1);
    expect(await world.keep()).toMatchObject({ listsRetired: 1, failures: [] });
    for (const path of ['/status/1r', '/status/1s', '/token-status/1']) {
      expect(await world.document(path)).toMatchObject({ state: 'gone' });
    }
    expect(await world.audited()).toContainEqual(
      expect.objectContaining({ action: 'status-list.retired', subject: list.id }),
    );
    world.clock.moveBy(10 * minuteMs);
    expect(await world.keep()).toMatchObject({ listsPublished: 1, listsRetired: 0, failures: [] });
    const again = { ...world.caller, id: passport.id, reason: 'late' };
    await expect(world.registry.revokeCredential(again)).rejects.toThrow();
    expect(await world.document('/status/1r')).toMatchObject({ state: 'gone' });
  });

  it('in use are never retired, however old what is in them', async () => {
    const { world } = await openWithAgent();
    await world.registry.retireAgent({ ...world.caller, handle: 'billing-bot', reason: 'over' });
    world.clock.moveBy(400 * dayMs);
    expect(await world.keep()).toMatchObject({ listsRetired: 0, listsPublished: 1 });
  });

  it('are not signed by a clock that stepped back far, and every round complains', async () => {
    const { world } = await openWithAgent();
    world.clock.moveBy(-5 * minuteMs - 1);
    const failures = [expect.objectContaining({ code: 'clock-behind' })];
    expect(await world.keep()).toEqual({ ...nothing, failures });
    expect(await world.keep()).toEqual({ ...nothing, failures });
  });

  it('are published when a change was recorded and never shown', async () => {
    const { world, agent } = await openWithAgent();
    const [passport] = await world.held(agent.id);
    const at = world.clock.now();
    await world.database.run(({ status }) =>
      status.change([passport?.id as string], { revokedAt: at }),
    );
    expect(await world.keep()).toMatchObject({ listsPublished: 1 });
    expect(await world.shown(passport as Credential)).toBe('revoked');
  });
});

describe('intents that were never sealed', () => {
  async function openWithLostIntent() {
    const { world, agent } = await openWithAgent();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('killed'));
    await expect(world.issue('billing-bot')).rejects.toThrow('killed');
    world.interruptions.beforeSigning = async () => {};
    const lost = (await world.held(agent.id)).filter(({ sealing }) => sealing === 'intended');
    return { world, lost };
  }

  it.each([
    [minuteMs, 0],
    [minuteMs + 1, 2],
  ])('are given up after a minute: %d ms', async (ms, intentsAbandoned) => {
    const { world } = await openWithLostIntent();
    world.clock.moveBy(ms);
    expect(await world.keep()).toMatchObject({ intentsAbandoned, failures: [] });
  });

  it('read revoked for ever, since they may have been signed', async () => {
    const { world, lost } = await openWithLostIntent();
    world.clock.moveBy(2 * minuteMs);
    await world.keep();
    for (const { id } of lost) {
      const credential = await world.credential(id);
      expect(credential.sealing).toBe('abandoned');
      expect(await world.shown(credential)).toBe('revoked');
    }
  });

  it('are audited as abandoned', async () => {
    const { world, lost } = await openWithLostIntent();
    world.clock.moveBy(2 * minuteMs);
    await world.keep();
    const abandoned = (await world.audited()).filter(
      ({ action }) => action === 'credential.abandoned',
    );
    expect(abandoned.map(({ subject }) => subject)).toStrictEqual(lost.map(({ id }) => id));
    expect(abandoned[0].actor).toStrictEqual({ kind: 'system', id: 'keep-papers' });
  });
});

describe('agents whose papers lag behind', () => {
  it('are caught up with, once', async () => {
    const { world, agent } = await openWithAgent();
    await world.database.run(({ agents }) => agents.reviseAll([agent.id]));
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 1, failures: [] });
    expect(await world.keep()).toStrictEqual(nothing);
  });

  it('and are not begun yet when a round is stopped are left to the next one', async () => {
    const { world, agent } = await openWithAgent();
    const others = [await world.enrol('other-bot'), await world.enrol('third-bot')];
    await world.database.run(({ agents }) =>
      agents.reviseAll([agent, ...others].map(({ id }) => id)),
    );
    const stopping = new AbortController();
    const deps: typeof world.deps = {
      ...world.deps,
      issuePapers: (order) => {
        stopping.abort();
        return world.deps.issuePapers(order);
      },
    };
    expect(await keepPapers(deps, stopping.signal)).toMatchObject({
      ...{ agentsCaughtUp: 1, passportsRenewed: 0, failures: [] },
    });
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 2, failures: [] });
    expect(await world.keep()).toStrictEqual(nothing);
  });

  it.each([
    ['suspended', 'Billing Bot is suspended, facets 0', 'live'],
    ['retired', 'Billing Bot is retired, facets 0', 'gone'],
  ] as const)('and are %s get what that demands', async (state, page, document) => {
    const { world, agent } = await openWithAgent();
    await world.database.run(async ({ agents }) => {
      await agents.reviseAll([agent.id]);
      await agents.updateState(agent.id, state, world.clock.now());
    });
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 1, failures: [] });
    expect(await world.text('/a/billing-bot')).toBe(page);
    expect((await world.document('/a/billing-bot/client.json'))?.state).toBe(document);
  });
});

describe('passports', () => {
  it.each([
    ['before two thirds of their life', (dayMs * 14) / 3, 0],
    ['after two thirds of their life', (dayMs * 14) / 3 + 1_000, 1],
    ['after their end', 8 * dayMs, 1],
  ])('%s', async (_name, ms, passportsRenewed) => {
    const { world } = await openWithAgent();
    world.clock.set('2026-11-20T12:00:00Z');
    world.clock.moveBy(ms);
    expect(await world.keep()).toMatchObject({ passportsRenewed, failures: [] });
    expect(await world.keep()).toMatchObject({ passportsRenewed: 0 });
  });

  it('are renewed without revoking the former ones', async () => {
    const { world, agent } = await openWithAgent();
    world.clock.set('2026-11-25T12:00:00Z');
    await world.keep();
    expect((await world.passport('billing-bot')).validUntil).toBe('2026-12-02T12:00:00Z');
    const states = await Promise.all((await world.held(agent.id)).map(world.shown));
    expect(states).toStrictEqual(['valid', 'valid']);
  });

  it('of suspended and retired agents run out', async () => {
    const { world } = await openWithAgent();
    await world.enrol('other-bot');
    const { registry, caller } = world;
    await registry.suspendAgent({ ...caller, handle: 'billing-bot', reason: 'INC-7' });
    await registry.retireAgent({ ...caller, handle: 'other-bot', reason: 'gone' });
    world.clock.set('2026-11-29T12:00:00Z');
    expect(await world.keep()).toMatchObject({ passportsRenewed: 0, failures: [] });
  });

  it('of an agent that has reached its end run out, without a failure each round', async () => {
    const world = await openRegistryWorld();
    await world.enrol('short-bot', { expiresAt: new Date('2026-11-21T00:00:00Z') });
    world.clock.set('2026-11-22T12:00:00Z');
    expect(await world.keep()).toMatchObject({ passportsRenewed: 0, failures: [] });
  });

  it('outlive a facet that ends', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    await world.issue('billing-bot', { validFor: 'P1D', renew: false });
    world.clock.set('2026-11-21T11:59:30Z');
    expect(await world.keep()).toMatchObject({ passportsRenewed: 1, failures: [] });
    const { credentialSubject, validUntil } = await world.passport('billing-bot');
    expect(credentialSubject).toHaveProperty('authorizedScopes', []);
    expect(validUntil).toBe('2026-11-28T11:59:30Z');
  });
});

describe('trouble with one agent', () => {
  it('is told, and is not that of another or of the lists', async () => {
    const { world } = await openWithAgent();
    await world.enrol('unlucky-bot', { name: 'Unlucky' });
    world.interruptions.beforeSigning = async ({ credentialSubject }) => {
      const { name } = credentialSubject as { name?: string };
      if (name === 'Unlucky') throw new Error('the signer is away');
    };
    world.clock.set('2026-11-25T12:00:00Z');
    const kept = await world.keep();
    expect(kept).toMatchObject({ listsPublished: 1, passportsRenewed: 1 });
    expect(kept.failures.map(String)).toStrictEqual(['Error: the signer is away']);
  });
});
