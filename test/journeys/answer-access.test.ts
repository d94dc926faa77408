import { describe, expect, it } from 'vitest';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const action = (resource: string) => ({ action: 'read', resource });

async function openWithAgents() {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  await world.enrol('other-bot');
  const allow = (handle: string, resources: string[], denied: string[] = []) =>
    world.issue(handle, {
      claims: {
        actions: resources.map(action),
        ...(denied.length === 0 ? {} : { denied: denied.map(action) }),
      },
    });
  const whoMay = async (resource: string) => {
    const question = { ...world.caller, ...action(resource) };
    return (await world.registry.answerAccess(question)).map(({ agent }) => agent.handle).sort();
  };
  return { world, allow, whoMay };
}

describe('who may do something', () => {
  it('are the agents that a credential in force allows it, with that credential', async () => {
    const { world, allow, whoMay } = await openWithAgents();
    const facet = await allow('billing-bot', ['logs', 'metrics']);
    await allow('other-bot', ['metrics']);
    expect(await whoMay('metrics')).toStrictEqual(['billing-bot', 'other-bot']);
    const grants = await world.registry.answerAccess({ ...world.caller, ...action('logs') });
    expect(grants).toStrictEqual([{ agent: await world.agent('billing-bot'), credential: facet }]);
    expect(await whoMay('nothing')).toStrictEqual([]);
  });

  it('are named by the first credential that allows it', async () => {
    const { world, allow } = await openWithAgents();
    const first = await allow('billing-bot', ['logs']);
    await allow('billing-bot', ['logs']);
    const grants = await world.registry.answerAccess({ ...world.caller, ...action('logs') });
    expect(grants.map(({ credential }) => credential.id)).toStrictEqual([first.id]);
  });

  it('are those of the caller’s organization', async () => {
    const { world, allow } = await openWithAgents();
    await allow('billing-bot', ['logs']);
    const organizationId = 'org_other' as OrganizationId;
    const question = { ...world.caller, organizationId, ...action('logs') };
    expect(await world.registry.answerAccess(question)).toStrictEqual([]);
  });

  it('are found beyond the first page of credentials', async () => {
    const { allow, whoMay } = await openWithAgents();
    const others = Array.from({ length: 501 }, (_, place) => allow('billing-bot', [`log${place}`]));
    await Promise.all(others);
    await allow('other-bot', ['logs']);
    expect(await whoMay('logs')).toStrictEqual(['other-bot']);
    expect(await whoMay('log500')).toStrictEqual(['billing-bot']);
  });
});

describe('who may not', () => {
  it('are those whom any credential denies it, whichever came first', async () => {
    const { allow, whoMay } = await openWithAgents();
    await allow('billing-bot', ['pii', 'logs']);
    await allow('billing-bot', ['metrics'], ['pii']);
    await allow('other-bot', ['logs'], ['pii']);
    await allow('other-bot', ['pii']);
    expect(await whoMay('pii')).toStrictEqual([]);
    expect(await whoMay('logs')).toStrictEqual(['billing-bot', 'other-bot']);
  });

  const changes: readonly (readonly [string, (world: RegistryWorld) => Promise<unknown>])[] = [
    [
      'suspended agents',
      ({ registry, caller }) =>
        registry.suspendAgent({ ...caller, handle: 'billing-bot', reason: 'INC-7' }),
    ],
    [
      'retired agents',
      ({ registry, caller }) =>
        registry.retireAgent({ ...caller, handle: 'billing-bot', reason: 'gone' }),
    ],
    [
      'agents that are suspended, before their credentials are',
      async ({ database, agent, clock }) => {
        const { id } = await agent('billing-bot');
        await database.run(({ agents }) => agents.updateState(id, 'suspended', clock.now()));
      },
    ],
    [
      'agents whose credential ended',
      async ({ clock }) => {
        clock.set('2027-02-18T12:00:00Z');
      },
    ],
  ];
  it.each(changes)('are %s', async (_name, change) => {
    const { world, allow, whoMay } = await openWithAgents();
    await allow('billing-bot', ['logs']);
    await change(world);
    expect(await whoMay('logs')).toStrictEqual([]);
  });

  it.each(['revokeCredential', 'suspendCredential'] as const)(
    'are agents after %s, and neither counts what that credential denied',
    async (verb) => {
      const { world, allow, whoMay } = await openWithAgents();
      const allowing = await allow('billing-bot', ['logs']);
      const denying = await allow('other-bot', ['logs'], ['metrics']);
      await allow('other-bot', ['metrics']);
      for (const { id } of [allowing, denying]) {
        await world.registry[verb]({ ...world.caller, id, reason: 'INC-7' });
      }
      expect(await whoMay('logs')).toStrictEqual([]);
      expect(await whoMay('metrics')).toStrictEqual(['other-bot']);
    },
  );
});
