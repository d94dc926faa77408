import type { Agent, AgentId, AgentProfile, AgentState } from '../../../src/agents/agent.ts';
import type { AgentLint } from '../../../src/agents/agent-lint.ts';
import type { AgentFilter, AgentReader, AgentStore } from '../../../src/agents/agent-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import { reaches } from '../../../src/organizations/api-token.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, byTurns, type StateSource } from './memory-state.ts';

export class MemoryAgentReader implements AgentReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  protected all(): Agent[] {
    return [...this.state().agents.values()].sort(byId);
  }

  async findByHandle(organizationId: OrganizationId, handle: string): Promise<Agent | null> {
    const found = this.all().find(
      (agent) => agent.organizationId === organizationId && agent.handle === handle,
    );
    return found ?? null;
  }

  async findByHandles(
    organizationId: OrganizationId,
    handles: readonly string[],
  ): Promise<readonly Agent[]> {
    return this.all().filter(
      (agent) => agent.organizationId === organizationId && handles.includes(agent.handle),
    );
  }

  async findMany(ids: readonly AgentId[]): Promise<readonly Agent[]> {
    return this.all().filter(({ id }) => ids.includes(id));
  }

  async list(filter: AgentFilter, page: PageRequest): Promise<readonly Agent[]> {
    const { after, limit } = page;
    return this.all()
      .filter((agent) => (after === undefined || agent.id > after) && matches(agent, filter))
      .filter((agent) => reaches(filter.reach, agent))
      .slice(0, limit);
  }

  async listLagging(limit: number, except: readonly AgentId[] = []): Promise<readonly Agent[]> {
    const lagging = this.#lagging().filter(({ id }) => !except.includes(id));
    return byTurns(lagging, ({ organizationId }) => organizationId).slice(0, limit);
  }

  async countLagging(organizationId: OrganizationId): Promise<number> {
    return this.#lagging().filter((agent) => agent.organizationId === organizationId).length;
  }

  #lagging(): readonly Agent[] {
    return this.all().filter((agent) => agent.publishedRevision < agent.papersRevision);
  }

  async listEnded(at: Date, limit: number): Promise<readonly Agent[]> {
    const endOf = ({ expiresAt }: Agent) => expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    const ended = this.all()
      .filter((agent) => agent.state !== 'retired' && endOf(agent) <= at.getTime())
      .sort((one, other) => endOf(one) - endOf(other));
    return byTurns(ended, ({ organizationId }) => organizationId).slice(0, limit);
  }

  async findLint(id: AgentId): Promise<AgentLint | null> {
    return this.state().lints.get(id) ?? null;
  }
}

export class MemoryAgentStore extends MemoryAgentReader implements AgentStore {
  async insert(agent: Agent): Promise<void> {
    const taken = this.all().some(
      ({ organizationId, handle, clientId, did }) =>
        (organizationId === agent.organizationId && handle === agent.handle) ||
        clientId === agent.clientId ||
        did === agent.did,
    );
    if (taken) {
      throw new SealwrightError('handle-taken', `The handle ${agent.handle} is, or was, in use.`);
    }
    this.state().agents.set(agent.id, agent);
    this.#recordState(agent.id, agent.state, agent.createdAt);
  }

  async reviseAll(ids: readonly AgentId[]): Promise<readonly Agent[]> {
    return (await this.findMany(ids)).map(({ id, papersRevision }) =>
      this.#update(id, { papersRevision: papersRevision + 1 }),
    );
  }

  async updateProfile(id: AgentId, profile: AgentProfile, at: Date): Promise<void> {
    const { name, description, owners, team, tags, version } = profile;
    const { redirectUris, grantTypes, logoUri, profiles, expiresAt } = profile;
    const texts = { name, description, owners, team, tags, version };
    this.#update(id, {
      ...texts,
      ...{ redirectUris, grantTypes, logoUri, profiles, expiresAt },
      updatedAt: at,
    });
  }

  async updateState(id: AgentId, state: AgentState, at: Date): Promise<void> {
    this.#update(id, { state, updatedAt: at });
    this.#recordState(id, state, at);
  }

  async markPublished(
    revisions: readonly { readonly id: AgentId; readonly revision: number }[],
  ): Promise<readonly AgentId[]> {
    const current = revisions.filter(
      ({ id, revision }) => this.state().agents.get(id)?.papersRevision === revision,
    );
    for (const { id, revision } of current) this.#update(id, { publishedRevision: revision });
    return current.map(({ id }) => id);
  }

  async recordLints(lints: readonly AgentLint[]): Promise<void> {
    for (const lint of lints) this.state().lints.set(lint.agentId, lint);
  }

  #recordState(agentId: AgentId, state: AgentState, since: Date): void {
    this.state().agentStates.push({ agentId, state, since });
  }

  #update(id: AgentId, changes: Partial<Agent>): Agent {
    const agent = this.state().agents.get(id);
    if (agent === undefined) throw new TypeError(`There is no agent ${id}.`);
    const updated = { ...agent, ...changes };
    this.state().agents.set(id, updated);
    return updated;
  }
}

function matches(agent: Agent, filter: AgentFilter): boolean {
  const { state, kind, team, tag, owner, text } = filter;
  return (
    agent.organizationId === filter.organizationId &&
    (state === undefined || agent.state === state) &&
    (kind === undefined || agent.kind === kind) &&
    (team === undefined || agent.team === team) &&
    (tag === undefined || agent.tags.includes(tag)) &&
    (owner === undefined || agent.owners.includes(owner)) &&
    (text === undefined ||
      `${agent.handle}\n${agent.name}`.toLowerCase().includes(text.toLowerCase()))
  );
}
