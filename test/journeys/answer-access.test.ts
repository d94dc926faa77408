import { describe, expect, it } from 'vitest';
import type { AccessQuestion } from '../../src/journeys/answer-access.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const action = (resource: string) => ({ action: 'read', resource });

const ask = (world: RegistryWorld, question: AccessQuestion) =>
  world.registry.answerAccess(question, { limit: 100 });

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
  const whoMay = async (resource: string, at?: Date) => {
    const grants = await ask(world, { ...world.caller, ...action(resource), at });
    return grants.map(({ agent }) => agent.handle).sort();
  };
  return { world, allow, whoMay };
}

describe('who may do something', () => {
  it('are the agents that a credential in force allows it, with that credential', async () => {
    const { world, allow, whoMay } = await openWithAgents();
    const facet = await allow('billing-bot', ['logs', 'metrics']);
    await allow('other-bot', ['metrics']);
    expect(await whoMay('metrics')).toStrictEqual(['billing-bot', 'other-bot']);
    const grants = await ask(world, { ...world.caller, ...action('logs') });
    const agent = await world.agent('billing-bot');
    expect(grants).toStrictEqual([
      {
        ...{ id: agent.id, agent, stateThen: 'active', credential: facet },
        issuerKey: expect.stringMatching(/^did:web:id\.acme\.com#[\w-]{43}$/),
        orderedBy: { kind: 'token', id: 'tok_1' },
      },
    ]);
    expect(await whoMay('nothing')).toStrictEqual([]);
  });

  it('are named by the first credential that allows it', async () => {
    const { world, allow } = await openWithAgents();
    const first = await allow('billing-bot', ['logs']);
    await allow('billing-bot', ['logs']);
    const grants = await ask(world, { ...world.caller, ...action('logs') });
    expect(grants.map(({ credential }) => credential.id)).toStrictEqual([first.id]);
  });

  it('are those of the caller’s organization', async () => {
    const { world, allow } = await openWithAgents();
    await allow('billing-bot', ['logs']);
    const organizationId = 'org_other' as OrganizationId;
    const question = { ...world.caller, organizationId, ...action('logs') };
    expect(await ask(world, question)).toStrictEqual([]);
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

describe('who could do something', () => {
  const reason = 'INC-7';

  it('is told of the time before, during and after a suspension, a denial and a revocation', async () => {
    const { world, allow, whoMay } = await openWithAgents();
    const { clock, registry, caller } = world;
    const moments: Record<string, Date> = {};
    const pass = (name: string) => {
      clock.moveBy(60_000);
      moments[name] = clock.now();
      clock.moveBy(60_000);
    };
    pass('nothing');
    const { id } = await allow('billing-bot', ['logs']);
    pass('allowed');
    await registry.suspendAgent({ ...caller, handle: 'billing-bot', reason });
    pass('agent suspended');
    await registry.resumeAgent({ ...caller, handle: 'billing-bot', reason });
    pass('agent resumed');
    await registry.suspendCredential({ ...caller, id, reason });
    pass('suspended');
    await registry.resumeCredential({ ...caller, id, reason });
    pass('resumed');
    const denying = await allow('billing-bot', ['metrics'], ['logs']);
    pass('denied');
    await registry.revokeCredential({ ...caller, id: denying.id, reason });
    pass('denial revoked');
    await registry.retireAgent({ ...caller, handle: 'billing-bot', reason });
    pass('retired');
    const told: Record<string, boolean> = {};
    for (const [name, at] of Object.entries(moments)) {
      told[name] = (await whoMay('logs', at)).length > 0;
    }
    expect(told).toStrictEqual({
      nothing: false,
      allowed: true,
      'agent suspended': false,
      'agent resumed': true,
      suspended: false,
      resumed: true,
      denied: false,
      'denial revoked': true,
      retired: false,
    });
  });

  it('is not told of a moment to come, nor of one before the organization', async () => {
    const { world, whoMay } = await openWithAgents();
    const later = new Date(world.clock.now().getTime() + 1);
    await expect(whoMay('logs', later)).rejects.toMatchObject({
      code: 'invalid-input',
      faults: [{ pointer: '/at', detail: expect.stringContaining('still to come') }],
    });
    await expect(whoMay('logs', new Date('2026-11-20T11:59:59Z'))).rejects.toMatchObject({
      code: 'invalid-input',
      faults: [{ pointer: '/at', detail: expect.stringContaining('2026-11-20T12:00:00.000Z') }],
    });
    expect(await whoMay('logs', new Date('2026-11-20T12:00:00Z'))).toStrictEqual([]);
  });
});
