import { expect, it } from 'vitest';
import { publishStanding } from '../../src/journeys/publish-standing.ts';
import { openRegistryWorld } from './registry-world.ts';

it('publishes nothing for a state that is not the present one any more', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const agent = { ...world.caller, handle: 'billing-bot', reason: 'INC-7' };
  const suspended = await world.registry.suspendAgent(agent);
  await world.registry.retireAgent(agent);
  world.published.splice(0);
  await publishStanding(world.deps, suspended, { narrows: false });
  expect(world.published).toStrictEqual([]);
  expect(await world.text('/a/billing-bot')).toBe('Billing Bot is retired, facets 0');
  expect((await world.agent('billing-bot')).publishedRevision).toBe(3);
});

it('may be repeated', async () => {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const retired = await world.registry.retireAgent({
    ...world.caller,
    handle: 'billing-bot',
    reason: 'gone',
  });
  world.published.splice(0);
  await publishStanding(world.deps, retired, { narrows: false });
  expect(world.published).toStrictEqual([]);
});
