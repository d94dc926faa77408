import type { OrganizationId } from '../organizations/organization.ts';
import type { EstateRule, RuleId } from './rule.ts';

/** Reads rules. */
export interface RuleReader {
  /** In the order of ids. */
  listRules(organizationIds: readonly OrganizationId[]): Promise<readonly EstateRule[]>;
  findRule(organizationId: OrganizationId, id: RuleId): Promise<EstateRule | null>;
}

/** Writes rules, inside a unit of work. */
export interface RuleStore extends RuleReader {
  /** Inserts a rule or replaces it; throws `rule-name-taken` when another has its name. */
  putRule(rule: EstateRule): Promise<void>;
  deleteRule(id: RuleId): Promise<void>;
}
