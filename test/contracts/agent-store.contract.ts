import { expect, it } from 'vitest';
import type { Agent, AgentId } from '../../src/agents/agent.ts';
import type { AgentLint, LintedRule } from '../../src/agents/agent-lint.ts';
import type { AgentFilter } from '../../src/agents/agent-store.ts';
import { acme, agentNamed, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

const [alpha, beta, gamma] = [
  agentNamed('alpha', { team: 'payments', tags: ['prod', 'eu'], expiresAt: noon(60) }),
  agentNamed('beta', { kind: 'mcp-server', state: 'suspended', name: '100% B_ta' }),
  agentNamed('gamma', {
    owners: ['x@acme.example', 'y@acme.example'],
    logoUri: 'https://l.example',
  }),
] as const;
const foreign = agentNamed('foreign', {
  organizationId: other.id,
  handle: 'alpha',
  clientId: 'https://other.example/a/alpha/client.json',
});

export function agentStoreContract(world: WorldSource): void {
  async function insert(...agents: readonly Agent[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const agent of agents) await stores.agents.insert(agent);
    });
  }

  it('gives back what was inserted, member for member', async () => {
    await insert(alpha, beta, gamma, foreign);
    expect(await world().readers.agents.findByHandle(acme.id, 'alpha')).toEqual(alpha);
    expect(await world().readers.agents.findByHandle(other.id, 'alpha')).toEqual(foreign);
    expect(await world().readers.agents.findByHandle(other.id, 'beta')).toBeNull();
    expect(await world().readers.agents.findMany([gamma.id, beta.id])).toEqual([beta, gamma]);
    expect(await world().readers.agents.findMany([])).toEqual([]);
  });

  it('finds many by their handles, those of one organization and of every state', async () => {
    await insert(alpha, beta, gamma, foreign);
    const { agents } = world().readers;
    const found = await agents.findByHandles(acme.id, ['gamma', 'beta', 'nobody', 'gamma']);
    expect([...found].sort(({ id: one }, { id: other }) => (one < other ? -1 : 1))).toEqual(
      [beta, gamma].sort(({ id: one }, { id: other }) => (one < other ? -1 : 1)),
    );
    expect(await agents.findByHandles(other.id, ['alpha', 'beta'])).toEqual([foreign]);
    expect(await agents.findByHandles(acme.id, [])).toEqual([]);
  });

  it('refuses a handle that the organization has, even that of a retired agent', async () => {
    await insert({ ...alpha, state: 'retired' });
    const twin = { ...agentNamed('twin'), handle: 'alpha' };
    await expect(world().work.run(({ agents }) => agents.insert(twin))).rejects.toMatchObject({
      code: 'handle-taken',
      detail: 'The handle alpha is, or was, in use.',
    });
  });

  it.each<[string, Partial<AgentFilter>, readonly string[]]>([
    ['no condition', {}, ['alpha', 'beta', 'gamma']],
    ['a state', { state: 'suspended' }, ['beta']],
    ['a kind', { kind: 'mcp-server' }, ['beta']],
    ['a team', { team: 'payments' }, ['alpha']],
    ['a tag', { tag: 'eu' }, ['alpha']],
    ['an owner', { owner: 'y@acme.example' }, ['gamma']],
    ['part of the handle', { text: 'AMM' }, ['gamma']],
    ['part of the name', { text: 'agent A' }, ['alpha']],
    ['a percent sign', { text: '%' }, ['beta']],
    ['an underscore', { text: 'b_t' }, ['beta']],
    ['a backslash', { text: '\\' }, []],
    ['the reach of a team', { reach: { team: 'payments', agentId: null } }, ['alpha']],
    ['the reach of one agent', { reach: { team: null, agentId: 'agt_beta' } }, ['beta']],
    ['a team beyond the reach', { team: 'payments', reach: { team: 'logs', agentId: null } }, []],
    ['two conditions', { kind: 'agent', state: 'suspended' }, []],
  ])('lists by %s, within the organization', async (_, filter, handles) => {
    await insert(gamma, beta, alpha, foreign);
    const page = { limit: 10 };
    const found = await world().readers.agents.list({ organizationId: acme.id, ...filter }, page);
    expect(found.map(({ handle }) => handle)).toEqual(handles);
  });

  it('lists in pages', async () => {
    await insert(gamma, beta, alpha);
    const list = (after?: string) =>
      world().readers.agents.list({ organizationId: acme.id }, { limit: 2, after });
    expect(await list()).toEqual([alpha, beta]);
    expect(await list(beta.id)).toEqual([gamma]);
    expect(await list(gamma.id)).toEqual([]);
  });

  it('counts the revision of each agent up by one and returns them so', async () => {
    await insert(alpha, beta, gamma);
    const revised = await world().work.run(({ agents }) => agents.reviseAll([gamma.id, alpha.id]));
    expect(revised).toEqual([
      { ...alpha, papersRevision: 1 },
      { ...gamma, papersRevision: 1 },
    ]);
    expect(await world().readers.agents.findMany([beta.id])).toEqual([beta]);
  });

  it('leaves out agents that do not exist when it counts revisions', async () => {
    await insert(alpha);
    const revised = await world().work.run(({ agents }) =>
      agents.reviseAll([alpha.id, 'agt_nobody' as AgentId]),
    );
    expect(revised.map(({ id }) => id)).toEqual([alpha.id]);
  });

  it('counts every revision of many transactions at once', async () => {
    await insert(alpha, beta, gamma);
    const orders = [
      [alpha.id, beta.id, gamma.id],
      [gamma.id, beta.id, alpha.id],
      [beta.id, alpha.id],
      [gamma.id, alpha.id],
    ];
    await Promise.all(orders.map((ids) => world().work.run(({ agents }) => agents.reviseAll(ids))));
    const agents = await world().readers.agents.findMany([alpha.id, beta.id, gamma.id]);
    expect(agents.map(({ papersRevision }) => papersRevision)).toEqual([4, 3, 3]);
  });

  it('lists agents whose published papers lag behind', async () => {
    const pending = { ...beta, state: 'pending', papersRevision: 1 } as const;
    await insert(alpha, pending, { ...gamma, papersRevision: 3, publishedRevision: 2 });
    const lagging = await world().readers.agents.listLagging(10);
    expect(lagging.map(({ handle }) => handle)).toEqual(['beta', 'gamma']);
    expect(await world().readers.agents.listLagging(1)).toEqual([pending]);
    expect(await world().readers.agents.listLagging(10, [pending.id])).toEqual(lagging.slice(1));
    expect(await world().readers.agents.countLagging(acme.id)).toBe(lagging.length);
    expect(await world().readers.agents.countLagging(other.id)).toBe(0);
  });

  it('marks papers published only when no later change came between', async () => {
    await insert({ ...alpha, papersRevision: 2 }, { ...beta, papersRevision: 5 });
    const marked = await world().work.run(({ agents }) =>
      agents.markPublished([
        { id: alpha.id, revision: 2 },
        { id: beta.id, revision: 4 },
        { id: 'agt_nobody' as AgentId, revision: 1 },
      ]),
    );
    expect(marked).toEqual([alpha.id]);
    const agents = await world().readers.agents.findMany([alpha.id, beta.id]);
    expect(agents.map(({ publishedRevision }) => publishedRevision)).toEqual([2, 0]);
  });

  it('changes a profile and nothing else', async () => {
    await insert(alpha, beta);
    const profile = {
      name: 'New',
      description: 'text',
      owners: ['z@acme.example'],
      team: null,
      tags: [],
      version: '2.0',
      redirectUris: ['https://acme.example/cb'],
      grantTypes: ['authorization_code'],
      logoUri: null,
      profiles: ['strict'],
      expiresAt: noon(90),
    } as const;
    await world().work.run(({ agents }) => agents.updateProfile(alpha.id, profile, noon(5)));
    expect(await world().readers.agents.findMany([alpha.id, beta.id])).toEqual([
      { ...alpha, ...profile, updatedAt: noon(5) },
      beta,
    ]);
  });

  it('takes only the profile of an agent handed in as a profile', async () => {
    await insert(alpha);
    const profile = { ...alpha, name: 'New', state: 'retired', handle: 'stolen' } as const;
    await world().work.run(({ agents }) => agents.updateProfile(alpha.id, profile, noon(5)));
    expect(await world().readers.agents.findMany([alpha.id])).toEqual([
      { ...alpha, name: 'New', updatedAt: noon(5) },
    ]);
  });

  it('changes a state and nothing else', async () => {
    await insert(alpha, beta);
    await world().work.run(({ agents }) => agents.updateState(alpha.id, 'retired', noon(5)));
    expect(await world().readers.agents.findMany([alpha.id, beta.id])).toEqual([
      { ...alpha, state: 'retired', updatedAt: noon(5) },
      beta,
    ]);
  });

  it('lists who is not retired and has reached its end, the longest overdue first', async () => {
    const late = agentNamed('a-late', { expiresAt: noon(90) });
    const retired = agentNamed('retired', { state: 'retired', expiresAt: noon(10) });
    const suspended = agentNamed('z', { state: 'suspended', expiresAt: noon(30) });
    await insert(late, alpha, beta, retired, suspended);
    const ended = async (seconds: number, limit = 9) =>
      (await world().readers.agents.listEnded(noon(seconds), limit)).map(({ handle }) => handle);
    expect(await ended(29)).toEqual([]);
    expect(await ended(60)).toEqual(['z', 'alpha']);
    expect(await ended(90)).toEqual(['z', 'alpha', 'a-late']);
    expect(await ended(90, 1)).toEqual(['z']);
  });

  it('lists what is owed by turns, so that no organization keeps another waiting', async () => {
    const owing = { papersRevision: 1, expiresAt: noon(10) };
    const many = ['a1', 'a2', 'a3', 'a4'].map((handle) => agentNamed(handle, owing));
    const foreign = { organizationId: other.id, ...owing, expiresAt: noon(20) };
    const few = ['z1', 'z2'].map((handle) => agentNamed(handle, foreign));
    await insert(...many, ...few);
    const { agents } = world().readers;
    const handles = (found: readonly Agent[]) => found.map(({ handle }) => handle);
    expect(handles(await agents.listLagging(4))).toEqual(['a1', 'z1', 'a2', 'z2']);
    expect(handles(await agents.listEnded(noon(30), 5))).toEqual(['a1', 'z1', 'a2', 'z2', 'a3']);
  });

  it('keeps the newest lint of each agent', async () => {
    await insert(alpha, beta);
    const rule = {
      id: 'cimd.document.near-limit',
      severity: 'warning',
      places: ['/client_name', ''],
      message: 'é \u{1F600} "quoted"',
      fix: 'Shorten it.',
    } as const;
    const target = { target: 'keycloak', outcome: 'refuses', findings: [rule] } as const;
    const lint = (agent: Agent, seconds: number, findings: readonly LintedRule[]): AgentLint => ({
      agentId: agent.id,
      checkedAt: noon(seconds),
      documents: [{ clientId: agent.clientId, findings, targets: [target] }],
    });
    const record = (...lints: readonly AgentLint[]) =>
      world().work.run(({ agents }) => agents.recordLints(lints));
    expect(await world().readers.agents.findLint(alpha.id)).toBeNull();
    await record(lint(alpha, 1, [rule]), lint(beta, 1, []));
    await record(lint(alpha, 2, []));
    await record();
    expect(await world().readers.agents.findLint(alpha.id)).toEqual(lint(alpha, 2, []));
    expect(await world().readers.agents.findLint(beta.id)).toEqual(lint(beta, 1, []));
  });
}
