import type { AgentKind } from '../agents/agent.ts';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/** A rule by its id, `rul_…`. */
export type RuleId = Brand<'RuleId'>;

/** Which agents a rule is about; every member given narrows it, and none means every agent. */
export interface RuleCondition {
  /** An action that the agent may do, now. */
  readonly action?: string | undefined;
  /** Exact, or everything below a prefix that ends in `/*`. */
  readonly resource?: string | undefined;
  readonly kind?: AgentKind | undefined;
  readonly team?: string | undefined;
  readonly tag?: string | undefined;
}

/** What those agents must have; every member given counts. */
export interface RuleRequirement {
  /** A conformant attestation in force, of this framework (URI), of this standard (edition), or both. */
  readonly attestation?:
    | { readonly framework?: string | undefined; readonly standard?: string | undefined }
    | undefined;
  /** `model.approvedBy.policy` of the newest provenance in force. */
  readonly modelApprovedBy?: string | undefined;
  /** An accepted import of this issuer. */
  readonly importedFrom?: string | undefined;
  /** At least so many owners who have not departed. */
  readonly owners?: number | undefined;
}

/** What an organization demands of some of its agents. It is watched, and changes nothing itself. */
export interface EstateRule {
  readonly id: RuleId;
  readonly organizationId: OrganizationId;
  /** Unique in the organization. */
  readonly name: string;
  readonly condition: RuleCondition;
  readonly requirement: RuleRequirement;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
