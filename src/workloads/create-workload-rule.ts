import type { AgentReader } from '../agents/agent-store.ts';
import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { TokenReach } from '../organizations/api-token.ts';
import type { ApiTokenReader } from '../organizations/api-token-store.ts';
import type { Organization } from '../organizations/organization.ts';
import { checkWorkloadRule, type WorkloadRuleDraft } from './check-workload-rule.ts';
import type { WorkloadRule } from './workload-rule.ts';
import type { WorkloadRuleStore } from './workload-rule-store.ts';

/** What keeping a new rule needs. */
export interface CreateWorkloadRuleDeps {
  readonly work: UnitOfWork<{ workloadRules: WorkloadRuleStore; audit: AuditTrail }>;
  readonly tokens: ApiTokenReader;
  readonly agents: AgentReader;
  readonly clock: Clock;
  readonly loopback: boolean;
}

/** The rule that is asked for, and who asks. */
export interface CreateWorkloadRuleInput extends Omit<WorkloadRuleDraft, 'audience'> {
  readonly organization: Organization;
  readonly actor: Actor;
  readonly reach?: TokenReach;
  /** null: the organization's base URL. */
  readonly audience: string | null;
}

/**
 * Keeps a rule under which workloads get tokens. It gives nothing that the caller has not itself:
 * neither a scope nor an agent beyond its reach. Throws `invalid-input` that names every fault,
 * `agent-not-found` for a grant to an agent that is not there.
 */
export async function createWorkloadRule(
  deps: CreateWorkloadRuleDeps,
  input: CreateWorkloadRuleInput,
): Promise<WorkloadRule> {
  const { organization, actor, reach, ...draft } = input;
  const now = deps.clock.now();
  const rule: WorkloadRule = {
    ...draft,
    audience: draft.audience ?? organization.baseUrl,
    id: newId('wlr', now),
    organizationId: organization.id,
    createdAt: now,
    lastUsedAt: null,
  };
  checkWorkloadRule(rule, { baseUrl: organization.baseUrl, loopback: deps.loopback });
  await refuseExcess(deps, input);
  await deps.work.run(async (stores) => {
    await stores.workloadRules.insert(rule);
    await stores.audit.append([
      {
        organizationId: rule.organizationId,
        actor,
        action: 'workload-rule.created',
        subject: rule.id,
        reason: null,
        details: detailsOf(rule),
      },
    ]);
  });
  return rule;
}

async function refuseExcess(
  deps: CreateWorkloadRuleDeps,
  { organization, actor, reach, grants }: CreateWorkloadRuleInput,
): Promise<void> {
  const faults: InputFault[] = [];
  const held = (await deps.tokens.list(organization.id)).find(({ id }) => id === actor.id);
  const excess = grants.scopes.filter((scope) => held?.scopes.includes(scope) === false);
  if (excess.length > 0) {
    faults.push({ pointer: '/grants/scopes', detail: `you have no ${excess.join(', ')} yourself` });
  }
  const agent =
    grants.agent === null ? null : await deps.agents.findByHandle(organization.id, grants.agent);
  if (grants.agent !== null && agent === null) {
    throw new SealwrightError('agent-not-found', 'There is no agent with the granted handle.');
  }
  const team = reach?.team ?? null;
  const isInTeam = team === null || grants.team === team;
  if (!isInTeam || ((reach?.agentId ?? null) !== null && agent?.id !== reach?.agentId)) {
    faults.push({ pointer: '/grants', detail: 'reaches further than your own token' });
  }
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'The rule would give what you have not.', { faults });
}

function detailsOf({ claims, grants, ...rule }: WorkloadRule) {
  return {
    name: rule.name,
    kind: rule.kind,
    issuer: rule.issuer,
    audience: rule.audience,
    jwksUri: rule.jwksUri,
    claims: Object.entries(claims).flatMap(([name, values]) =>
      values.map((value) => `${name}=${value}`),
    ),
    scopes: grants.scopes,
    team: grants.team,
    agent: grants.agent,
    tokenLifetimeS: rule.tokenLifetimeS,
  };
}
