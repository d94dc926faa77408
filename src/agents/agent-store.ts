import type { PageRequest } from '../kernel/page.ts';
import type { TokenReach } from '../organizations/api-token.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Agent, AgentId, AgentKind, AgentProfile, AgentState } from './agent.ts';
import type { AgentLint } from './agent-lint.ts';

/** Which agents of an organization a listing is about; every member given narrows it. */
export interface AgentFilter {
  readonly organizationId: OrganizationId;
  /** What of the organization the caller reaches; absent, all of it. */
  readonly reach?: TokenReach;
  readonly state?: AgentState;
  readonly kind?: AgentKind;
  readonly team?: string;
  readonly tag?: string;
  readonly owner?: string;
  /** Part of the handle or the name, without regard to case. */
  readonly text?: string;
}

/** Reads agents, of every state. */
export interface AgentReader {
  findByHandle(organizationId: OrganizationId, handle: string): Promise<Agent | null>;
  /** Those that there are, of every state, in any order. */
  findByHandles(
    organizationId: OrganizationId,
    handles: readonly string[],
  ): Promise<readonly Agent[]>;
  findMany(ids: readonly AgentId[]): Promise<readonly Agent[]>;
  list(filter: AgentFilter, page: PageRequest): Promise<readonly Agent[]>;
  /**
   * Agents, pending ones included, whose published papers lag behind, organizations taking turns;
   * `except` these.
   */
  listLagging(limit: number, except?: readonly AgentId[]): Promise<readonly Agent[]>;
  /** How many of the organization there are of those. */
  countLagging(organizationId: OrganizationId): Promise<number>;
  /** Agents of any state but `retired` whose own end has come, the longest overdue first. */
  listEnded(at: Date, limit: number): Promise<readonly Agent[]>;
  /** null for an agent whose documents were never linted. */
  findLint(id: AgentId): Promise<AgentLint | null>;
}

/** Writes agents, inside a unit of work. */
export interface AgentStore extends AgentReader {
  /** Throws `handle-taken` when the organization has, or ever had, this handle. */
  insert(agent: Agent): Promise<void>;
  /**
   * Locks the agents until the transaction ends, in the order of their ids so that two batches
   * cannot deadlock, counts their papersRevision up by one, and returns them as they are then.
   */
  reviseAll(ids: readonly AgentId[]): Promise<readonly Agent[]>;
  updateProfile(id: AgentId, profile: AgentProfile, at: Date): Promise<void>;
  /** Keeps what the agent was before, and until when, for questions about the past. */
  updateState(id: AgentId, state: AgentState, at: Date): Promise<void>;
  /**
   * Records, for each agent whose papersRevision is still the one given, that its papers of that
   * revision are published, and locks it. Returns the ids for which that held.
   */
  markPublished(
    revisions: readonly { readonly id: AgentId; readonly revision: number }[],
  ): Promise<readonly AgentId[]>;
  /** Puts each lint in the place of the agent's former one. */
  recordLints(lints: readonly AgentLint[]): Promise<void>;
}
