import { expect, it } from 'vitest';
import { createRegistry } from '../../src/journeys/create-registry.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

/** More than are awaited here. */
const agents = 3;

async function openWithMany() {
  const world = await openRegistryWorld();
  for (let place = 0; place < agents; place += 1) {
    await world.enrol(`bot-${place}`, { team: 'many' });
    await world.issue(`bot-${place}`);
  }
  await world.keep();
  world.clock.moveBy(1);
  const filter = { team: 'many', type: 'allowed-actions' } as const;
  const registry = createRegistry({ ...world.deps, agentsAwaited: 2 });
  return { registry, world, order: { ...world.caller, filter, reason: 'INC-204', preview: false } };
}

/** What the lists show of all that an agent holds. */
async function shownOf(world: RegistryWorld, handle: string): Promise<readonly string[]> {
  const held = await world.held((await world.agent(handle)).id);
  const shown = held.map(async (one) => `${one.type} ${await world.shown(one)}`);
  return (await Promise.all(shown)).sort();
}

const allRevoked = ['allowed-actions revoked', 'passport revoked', 'passport revoked'];

it('of many agents, everything reads revoked when the call is answered, and papers follow', async () => {
  const { world, registry, order } = await openWithMany();
  world.published.splice(0);
  const outcome = await registry.revokeMany(order);
  expect(outcome).toMatchObject({ of: 'credentials', agentsUnderWay: agents });
  expect(outcome.ids).toHaveLength(agents);
  const paths = world.published.map(({ path }) => path);
  expect(paths.sort()).toEqual(['/status/1r', '/status/1s', '/token-status/1']);
  for (const handle of ['bot-0', 'bot-1', 'bot-2']) {
    expect(await shownOf(world, handle)).toEqual(allRevoked);
  }
  const { agentsCaughtUp, failures } = await world.keep();
  expect([agentsCaughtUp, failures]).toEqual([agents, []]);
  expect((await world.passport('bot-2')).credentialSubject.authorizedScopes).toEqual([]);
  expect(await shownOf(world, 'bot-2')).toEqual([...allRevoked, 'passport valid']);
  const again = await registry.revokeMany(order);
  expect(again).toMatchObject({ ids: [], agentsUnderWay: 0 });
  expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
});

it('what was recorded before a fault is published, and a repetition does the rest', async () => {
  const world = await openRegistryWorld();
  // Two more than one transaction takes.
  for (let place = 0; place < 202; place += 1) await world.enrol(`bot-${place}`);
  await world.keep();
  const registry = createRegistry({ ...world.deps, agentsAwaited: 1 });
  const order = { ...world.caller, filter: { type: 'passport' as const }, reason: 'INC-204' };
  const { run } = world.database;
  let transactions = 0;
  world.database.run = (work) => {
    transactions += 1;
    // The order itself, and two hundred agents, are recorded then.
    if (transactions === 3) return Promise.reject(new Error('killed'));
    return run.call(world.database, work) as never;
  };
  await expect(registry.revokeMany({ ...order, preview: false })).rejects.toThrow('killed');
  world.database.run = run;
  expect(await shownOf(world, 'bot-0')).toEqual(['passport revoked']);
  expect(await shownOf(world, 'bot-201')).toEqual(['passport valid']);
  world.clock.moveBy(1);
  const again = await registry.revokeMany({ ...order, preview: false });
  expect(again).toMatchObject({ agentsUnderWay: 202, ids: { length: 2 } });
  expect(await shownOf(world, 'bot-201')).toEqual(['passport revoked']);
}, 60_000);

it('many suspended agents read suspended when the call is answered, and their pages follow', async () => {
  const { world, registry, order } = await openWithMany();
  const outcome = await registry.suspendMany({ ...order, filter: { team: 'many' } });
  expect(outcome).toMatchObject({ of: 'agents', agentsUnderWay: agents });
  expect(new Set(await shownOf(world, 'bot-2'))).toEqual(
    new Set(['allowed-actions suspended', 'passport suspended']),
  );
  await world.keep();
  expect(await world.text('/a/bot-2')).toContain('is suspended');
});
