import { describe, expect, it } from 'vitest';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld } from './registry-world.ts';

describe('tokens', () => {
  it('open until they end or are revoked', async () => {
    const { registry, caller, clock } = await openRegistryWorld();
    const order = { ...caller, name: 'ci', scopes: ['verify'] as const };
    const lasting = await registry.createToken({ ...order, expiresAt: null });
    const short = await registry.createToken({
      ...order,
      expiresAt: new Date('2026-11-21T12:00:00Z'),
    });
    expect(await registry.authenticate(short.text)).toStrictEqual(short.token);
    clock.set('2026-11-21T12:00:00Z');
    expect(await registry.authenticate(short.text)).toBeNull();
    expect(await registry.authenticate(lasting.text)).toStrictEqual(lasting.token);
    await registry.revokeToken({ ...caller, id: lasting.token.id });
    expect(await registry.authenticate(lasting.text)).toBeNull();
    expect(await registry.listTokens(caller)).toHaveLength(2);
  });

  it.each(['', 'swt_', 'swt_unknown'])('of text %j open nothing', async (text) => {
    const { registry } = await openRegistryWorld();
    expect(await registry.authenticate(text)).toBeNull();
  });
});

describe('the documents of an agent', () => {
  it('are listed with their former versions, newest first, and no other agent’s', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    await world.enrol('billing-bot-2');
    await world.issue('billing-bot');
    const documents = await world.registry.listAgentDocuments({
      ...world.caller,
      handle: 'billing-bot',
    });
    const clients = documents.filter(({ path }) => path.endsWith('/client.json'));
    expect(clients.map(({ path, version }) => [path, version])).toStrictEqual([
      ['/a/billing-bot/client.json', 2],
      ['/a/billing-bot/client.json', 1],
    ]);
    expect(documents.every(({ path }) => path.startsWith('/a/billing-bot/'))).toBe(true);
  });
});

describe('another organization', () => {
  it('finds neither agents nor credentials of this one', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    const { id } = await world.issue('billing-bot');
    const other = { ...world.caller, organizationId: 'org_other' as OrganizationId };
    const { registry } = world;
    expect(
      await refusalLater(registry.findAgent({ ...other, handle: 'billing-bot' })),
    ).toStrictEqual(['agent-not-found']);
    expect(await refusalLater(registry.findCredential({ ...other, id }))).toStrictEqual([
      'credential-not-found',
    ]);
  });
});

it('a passport is at the client_id of its agent', async () => {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  const [passport] = await world.held(agent.id);
  if (passport === undefined) throw new TypeError('The agent has no passport.');
  expect(await world.registry.credentialUrl(passport)).toBe(agent.clientId);
});

it('the audit trail of everything that can be done verifies', async () => {
  const world = await openRegistryWorld();
  const { registry, caller } = world;
  await world.enrol('billing-bot');
  const { id } = await world.issue('billing-bot');
  const agent = { ...caller, handle: 'billing-bot', reason: 'test' };
  await registry.updateAgent({ ...agent, changes: { tags: ['prod'] } });
  await registry.suspendCredential({ ...caller, id, reason: 'test' });
  await registry.resumeCredential({ ...caller, id, reason: 'test' });
  await registry.revokeCredential({ ...caller, id, reason: 'test' });
  await registry.suspendAgent(agent);
  await registry.resumeAgent(agent);
  await registry.retireAgent(agent);
  const { intact, records } = await registry.verifyAudit();
  expect(intact).toBe(true);
  const filter = { organizationId: caller.organizationId };
  expect(await registry.listAudit(filter, { limit: 1_000 })).toHaveLength(records);
});
