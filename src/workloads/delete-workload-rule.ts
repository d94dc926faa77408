import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ApiTokenStore } from '../organizations/api-token-store.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { ExchangeStore } from './exchange-store.ts';
import type { WorkloadRuleId } from './workload-rule.ts';
import type { WorkloadRuleStore } from './workload-rule-store.ts';

/** What taking a rule back needs. */
export interface DeleteWorkloadRuleDeps {
  readonly work: UnitOfWork<{
    workloadRules: WorkloadRuleStore;
    exchanges: ExchangeStore;
    tokens: ApiTokenStore;
    audit: AuditTrail;
  }>;
  readonly clock: Clock;
}

/** Takes a rule back, and ends the tokens that were issued under it, all at once. */
export async function deleteWorkloadRule(
  deps: DeleteWorkloadRuleDeps,
  input: { organizationId: OrganizationId; actor: Actor; id: WorkloadRuleId },
): Promise<void> {
  const now = deps.clock.now();
  await deps.work.run(async (stores) => {
    const rule = await stores.workloadRules.remove(input.organizationId, input.id);
    if (rule === null) {
      throw new SealwrightError('workload-rule-not-found', 'There is no such rule.');
    }
    const tokens = await stores.exchanges.listTokens(rule.id);
    for (const id of tokens) await stores.tokens.revoke(rule.organizationId, id, now);
    await stores.audit.append([
      {
        organizationId: rule.organizationId,
        actor: input.actor,
        action: 'workload-rule.deleted',
        subject: rule.id,
        reason: null,
        details: { name: rule.name, tokens: tokens.length },
      },
    ]);
  });
}
