import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { EstateFinding, FindingCount, FindingId, FindingState } from './finding.ts';
import type { RuleId } from './rule.ts';

/** Which findings of an organization a listing is about. */
export interface FindingFilter {
  readonly organizationId: OrganizationId;
  readonly state?: FindingState;
  readonly ruleId?: RuleId;
  readonly agentId?: AgentId;
}

/** Reads what was found. */
export interface FindingReader {
  listFindings(filter: FindingFilter, page: PageRequest): Promise<readonly EstateFinding[]>;
  listOpen(agentIds: readonly AgentId[]): Promise<readonly EstateFinding[]>;
  /** One for each rule there is, those without an open finding too. */
  countOpen(): Promise<readonly FindingCount[]>;
}

/** Writes what was found, and up to where was looked, inside a unit of work. */
export interface FindingStore extends FindingReader {
  /**
   * Agents that are to be judged, in the order of ids, and notes that they were judged at their
   * present revisions: those that changed since, those whose time has come, and all of an
   * organization after `makeAllDue`. Agents of an organization that never had a rule are not.
   * Locks what it notes until the transaction ends.
   */
  takeDue(at: Date, limit: number): Promise<readonly AgentId[]>;
  /** When each is judged again although nothing changed. */
  recordDueTimes(
    times: readonly { readonly agentId: AgentId; readonly dueAt: Date }[],
  ): Promise<void>;
  makeDue(agentId: AgentId, at: Date): Promise<void>;
  makeAllDue(organizationId: OrganizationId): Promise<void>;
  insertFindings(findings: readonly EstateFinding[]): Promise<void>;
  updateDetail(id: FindingId, detail: string): Promise<void>;
  resolve(ids: readonly FindingId[], at: Date): Promise<void>;
  /** For a rule that is no more. */
  resolveAllOf(ruleId: RuleId, at: Date): Promise<void>;
}
