import type { IssuerDirectory } from '../keys/issuer.ts';
import type { WorkloadRuleDraft } from '../workloads/check-workload-rule.ts';
import {
  type CreateWorkloadRuleDeps,
  createWorkloadRule,
} from '../workloads/create-workload-rule.ts';
import {
  type DeleteWorkloadRuleDeps,
  deleteWorkloadRule,
} from '../workloads/delete-workload-rule.ts';
import type { ExchangeStore } from '../workloads/exchange-store.ts';
import {
  type ExchangedToken,
  type ExchangeTokenDeps,
  type ExchangeTokenInput,
  exchangeToken,
} from '../workloads/exchange-token.ts';
import type { WorkloadRule, WorkloadRuleId } from '../workloads/workload-rule.ts';
import type { WorkloadRuleStore } from '../workloads/workload-rule-store.ts';
import type { Caller } from './registry.ts';

/** A rule as its author describes it. `audience` null: the base URL of the organization. */
export interface CreateRuleInput extends Caller, Omit<WorkloadRuleDraft, 'audience'> {
  readonly audience: string | null;
}

/** Rules for workloads, and the exchange of their tokens. */
export interface WorkloadCases {
  createWorkloadRule(input: CreateRuleInput): Promise<WorkloadRule>;
  listWorkloadRules(caller: Caller): Promise<readonly WorkloadRule[]>;
  /** Ends the tokens that were issued under the rule, too. */
  deleteWorkloadRule(input: Caller & { readonly id: WorkloadRuleId }): Promise<void>;
  /** The one call that nobody has authenticated: what is presented speaks for itself. */
  exchangeToken(input: ExchangeTokenInput): Promise<ExchangedToken>;
}

/** The stores that these cases write to, beside those of papers. */
export interface WorkloadStores {
  readonly workloadRules: WorkloadRuleStore;
  readonly exchanges: ExchangeStore;
}

/** The ports of these cases. */
export interface WorkloadCasesDeps
  extends CreateWorkloadRuleDeps,
    Pick<ExchangeTokenDeps, 'workloadRules' | 'organizations' | 'judge'> {
  readonly work: ExchangeTokenDeps['work'] & DeleteWorkloadRuleDeps['work'];
  readonly issuers: IssuerDirectory;
}

/** Binds the cases to their ports. */
export function bindWorkloadCases(deps: WorkloadCasesDeps): WorkloadCases {
  return {
    createWorkloadRule: async ({ organizationId, ...input }) => {
      const { organization } = await deps.issuers.find(organizationId);
      return createWorkloadRule(deps, { ...input, organization });
    },
    listWorkloadRules: ({ organizationId }) => deps.workloadRules.list(organizationId),
    deleteWorkloadRule: (input) => deleteWorkloadRule(deps, input),
    exchangeToken: (input) => exchangeToken(deps, input),
  };
}
