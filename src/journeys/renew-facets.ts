import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { isTakenBack, renewalDraft } from '../credentials/renewal.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { settleEach } from '../kernel/settle-each.ts';
import { type IssuePapers, renewalOf } from './issue-papers.ts';

const facetsPerRound = 200;
/** A facet that ran out longer ago than this, while nobody could renew it, is not brought back. */
const lapseMs = 7 * 24 * 3_600_000;

/** Readers that find what is due, and the papers that it is renewed with. */
export interface RenewFacetsDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly issuePapers: IssuePapers;
  readonly clock: Clock;
}

/** What one round of renewals did. */
export interface RenewedFacets {
  readonly count: number;
  readonly failures: readonly unknown[];
}

/**
 * Renews facets past two thirds of their life: the same claims, for as long again as was asked at
 * first. A renewal widens nothing, so the former facet runs out by itself. What was recorded for a
 * renewal and never sealed is given up before another is tried, and none is made twice: that the
 * facet is still due is looked at again once its agent is locked.
 */
export async function renewFacets(
  deps: RenewFacetsDeps,
  stopping?: AbortSignal,
): Promise<RenewedFacets> {
  const now = deps.clock.now();
  const lapsedBefore = new Date(now.getTime() - lapseMs);
  const due = await deps.credentials.listFacetsDue(now, { lapsedBefore, limit: facetsPerRound });
  const agents = await deps.agents.findMany([...new Set(due.map(({ agentId }) => agentId))]);
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const renew = (facet: Credential) => renewFacet(deps, facet, byId.get(facet.agentId));
  const renewals = await settleEach(due, renew, stopping);
  return {
    count: renewals.filter((one) => one.status === 'fulfilled' && one.value).length,
    failures: renewals.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
  };
}

async function renewFacet(
  deps: RenewFacetsDeps,
  former: Credential,
  owner: Agent | undefined,
): Promise<boolean> {
  const facet = owner === undefined ? null : renewalDraft(former, owner, deps.clock.now());
  if (facet === null) return false;
  const renewal = renewalOf(former.agentId, {
    actor: { kind: 'system', id: 'renew-facets' },
    reason: 'renewed before its end',
    narrows: false,
  });
  try {
    await deps.issuePapers({
      ...renewal,
      facets: [facet],
      begin: async (stores, agent, at) => {
        await checkStillDue(stores.credentials, former);
        return renewal.begin(stores, agent, at);
      },
    });
    return true;
  } catch (error) {
    if (error instanceof SealwrightError && overtaking.has(error.code)) return false;
    throw error;
  }
}

/** Somebody took it back, renewed it or stopped its agent meanwhile, which is no fault. */
const overtaking: ReadonlySet<string> = new Set(['credential-wrong-state', 'agent-wrong-state']);

async function checkStillDue(credentials: CredentialReader, former: Credential): Promise<void> {
  const present = await credentials.find(former.organizationId, former.id);
  const isDue = present !== null && present.renewedBy === null && !isTakenBack(present);
  if (isDue && present.renewsForS !== null) return;
  throw new SealwrightError('credential-wrong-state', 'The credential is not due any more.');
}
