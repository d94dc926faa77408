import { describe, expect, it } from 'vitest';
import { retireEndedAgents } from '../../src/journeys/retire-ended-agents.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const end = new Date('2026-11-21T00:00:00Z');

async function openWithShortAgent() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('short-bot', { expiresAt: end });
  await world.issue('short-bot');
  await world.enrol('long-bot');
  await world.keep();
  return { world, agent };
}

async function isWithdrawn(world: RegistryWorld, handle: string): Promise<boolean> {
  return (await world.document(`/a/${handle}/client.json`))?.state === 'gone';
}

describe('an agent whose end has come', () => {
  it('is retired by the round, and nobody else is', async () => {
    const { world, agent } = await openWithShortAgent();
    const { length } = await world.audited();
    world.clock.set(end.toISOString());
    expect(await world.keep()).toMatchObject({ agentsRetired: 1, failures: [] });
    expect((await world.agent('short-bot')).state).toBe('retired');
    expect((await world.agent('long-bot')).state).toBe('active');
    expect(await isWithdrawn(world, 'short-bot')).toBe(true);
    expect(await isWithdrawn(world, 'long-bot')).toBe(false);
    const retired = (await world.audited(length)).find(({ action }) => action === 'agent.retired');
    expect(retired).toMatchObject({
      actor: { kind: 'system', id: 'retire-ended-agents' },
      subject: agent.id,
      reason: 'reached its end',
    });
    expect(await world.keep()).toMatchObject({ agentsRetired: 0, agentsCaughtUp: 0, failures: [] });
  });

  it('has what it holds beyond its end revoked', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('bot');
    const facet = await world.issue('bot', { validFor: 'P90D' });
    const changes = { expiresAt: new Date('2026-12-01T00:00:00Z') };
    await world.registry.updateAgent({ ...world.caller, handle: 'bot', changes });
    world.clock.set('2026-12-01T00:00:00Z');
    await world.keep();
    expect(await world.shown(facet)).toBe('revoked');
    expect((await world.agent('bot')).id).toBe(agent.id);
  });

  it('is retired when it is suspended, too', async () => {
    const { world } = await openWithShortAgent();
    await world.registry.suspendAgent({ ...world.caller, handle: 'short-bot', reason: 'INC-7' });
    world.clock.set('2026-11-22T00:00:00Z');
    expect(await world.keep()).toMatchObject({ agentsRetired: 1, failures: [] });
    expect(await isWithdrawn(world, 'short-bot')).toBe(true);
  });

  it('is left alone when its end was put off', async () => {
    const { world } = await openWithShortAgent();
    const changes = { expiresAt: new Date('2026-12-24T00:00:00Z') };
    await world.registry.updateAgent({ ...world.caller, handle: 'short-bot', changes });
    world.clock.set(end.toISOString());
    expect(await world.keep()).toMatchObject({ agentsRetired: 0 });
    expect((await world.agent('short-bot')).state).toBe('active');
  });

  it('is withdrawn by a later round when the first was interrupted in between', async () => {
    const { world } = await openWithShortAgent();
    world.clock.set(end.toISOString());
    const renderAgent = () => {
      throw new Error('killed');
    };
    const pages = { ...world.deps.pages, renderAgent };
    const first = await retireEndedAgents({ ...world.deps, pages });
    expect(first.failures.map(String)).toEqual(['Error: killed']);
    expect((await world.agent('short-bot')).state).toBe('retired');
    expect(await isWithdrawn(world, 'short-bot')).toBe(false);
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 1, agentsRetired: 0, failures: [] });
    expect(await isWithdrawn(world, 'short-bot')).toBe(true);
  });
});
