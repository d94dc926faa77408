import type { AgentId } from '../agents/agent.ts';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { RuleId } from './rule.ts';

/** A finding by its id, `fnd_…`. */
export type FindingId = Brand<'FindingId'>;
/** `open` as long as the agent does not meet the rule. */
export type FindingState = 'open' | 'resolved';

/** One time that an agent did not meet a rule. */
export interface EstateFinding {
  readonly id: FindingId;
  readonly organizationId: OrganizationId;
  readonly ruleId: RuleId;
  readonly agentId: AgentId;
  readonly state: FindingState;
  /** What is missing, in words. */
  readonly detail: string;
  readonly since: Date;
  /** null while it is open. */
  readonly resolvedAt: Date | null;
}

/** How many agents do not meet a rule now. */
export interface FindingCount {
  readonly ruleId: RuleId;
  readonly open: number;
}
