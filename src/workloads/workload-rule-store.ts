import type { OrganizationId } from '../organizations/organization.ts';
import type { WorkloadRule, WorkloadRuleId } from './workload-rule.ts';

/** Reads rules. */
export interface WorkloadRuleReader {
  /** The rules of one organization, oldest first. */
  list(organizationId: OrganizationId): Promise<readonly WorkloadRule[]>;
  /** The rules of all organizations for these issuers, each of its kind, oldest first. */
  listByIssuers(issuers: readonly IssuerName[]): Promise<readonly WorkloadRule[]>;
}

/** An issuer as rules name it; compared exactly. */
export type IssuerName = Pick<WorkloadRule, 'kind' | 'issuer'>;

/** Writes rules, inside a unit of work. */
export interface WorkloadRuleStore extends WorkloadRuleReader {
  insert(rule: WorkloadRule): Promise<void>;
  /** Removes the rule and returns it, or null when the organization has no such rule. */
  remove(organizationId: OrganizationId, id: WorkloadRuleId): Promise<WorkloadRule | null>;
  /** Records that the rule is used, and holds it until the transaction ends; false when it is gone. */
  use(id: WorkloadRuleId, at: Date): Promise<boolean>;
}
