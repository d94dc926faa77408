import type { AgentId } from '../agents/agent.ts';
import type { Credential, CredentialRecord } from '../credentials/credential.ts';
import { createBatcher } from '../kernel/batcher.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { IssuedPapers, PapersDeps, PapersOrder, PlannedPapers } from './papers.ts';
import { planPapers } from './plan-papers.ts';
import { type Seals, sealPapers, signPapers } from './seal-papers.ts';

const mostOrdersPerBatch = 64;
const mostAttempts = 5;

/** Carries out one change of an agent's papers; resolves when it is durable and published. */
export type IssuePapers = (order: PapersOrder) => Promise<IssuedPapers>;

/** What a batch did for one of its orders. */
interface BatchResult {
  readonly plan: PlannedPapers;
  readonly facet: CredentialRecord | null;
  readonly seals: Seals;
  /** false when the agent was changed again before its papers could be published. */
  readonly published: boolean;
  readonly changedLists: readonly StatusListId[];
}

/**
 * Orders that arrive together share two transactions around their signatures: one that records
 * what will be signed, one that seals and publishes it. An order is answered when its facet is
 * sealed, the client document that reflects it is published, and, where it narrowed, the status
 * lists show the former passport as revoked.
 */
export function createIssuePapers(deps: PapersDeps): IssuePapers {
  const batch = createBatcher((orders: readonly PapersOrder[]) => runBatch(deps, orders), {
    maxItems: mostOrdersPerBatch,
  });
  return async (order) => {
    const results = [await batch(order)];
    while (results.at(-1)?.published === false) {
      if (results.length === mostAttempts) throw overtaken();
      results.push(await batch(followingOrder(results, order)));
    }
    const changedLists = results.flatMap((result) => result.changedLists);
    return issuedFrom(results, await deps.lists.publishAll(changedLists));
  };
}

/** The order that changes nothing itself: the papers are composed anew from what is in force. */
export function renewalOf(
  agentId: AgentId,
  order: Pick<PapersOrder, 'actor' | 'reason' | 'narrows'>,
): PapersOrder {
  return {
    ...order,
    agentId,
    facet: null,
    begin: async (_stores, agent) => {
      if (agent !== null) return { agent, changedLists: [] };
      throw new SealwrightError('agent-not-found', 'There is no such agent.');
    },
  };
}

async function runBatch(
  deps: PapersDeps,
  orders: readonly PapersOrder[],
): Promise<readonly BatchResult[]> {
  const plans = await deps.work.run((stores) => planPapers(deps, stores, orders));
  const { seals, signed } = await signPapers(deps, plans);
  const at = deps.clock.now();
  const sealed = await deps.work.run((stores) => sealPapers(stores, { seals, signed, at }));
  return orders.map((order) => {
    const plan = plans.find((candidate) => candidate.orders.includes(order));
    if (plan === undefined) throw new TypeError('An order was left out of its batch.');
    return {
      plan,
      facet: facetOf(plan, order),
      seals,
      published: sealed.published.has(plan.agent.id),
      changedLists: sealed.changedLists,
    };
  });
}

function facetOf(plan: PlannedPapers, order: PapersOrder): CredentialRecord | null {
  const place = plan.orders.filter(({ facet }) => facet !== null).indexOf(order);
  return plan.newFacets[place] ?? null;
}

function followingOrder(results: readonly BatchResult[], order: PapersOrder): PapersOrder {
  const [first] = results;
  if (first === undefined) throw new TypeError('There is no batch to follow.');
  return renewalOf(first.plan.agent.id, order);
}

function overtaken(): SealwrightError {
  return new SealwrightError('conflict-retry', 'The agent is being changed elsewhere. Try again.');
}

function issuedFrom(results: readonly BatchResult[], listsPublishedAt: Date | null): IssuedPapers {
  const first = results[0] as BatchResult;
  const last = results.at(-1) as BatchResult;
  return {
    agent: publishedAgent(last.plan),
    passport: sealed(last.plan.passport, last.seals),
    facet: first.facet === null ? null : sealed(first.facet, first.seals),
    listsPublishedAt,
  };
}

function publishedAgent(plan: PlannedPapers): IssuedPapers['agent'] {
  return { ...plan.agent, state: 'active', publishedRevision: plan.agent.papersRevision };
}

function sealed(record: CredentialRecord, seals: Seals): Credential {
  return {
    ...record,
    jwt: seals.get(record.id) ?? null,
    sealing: 'sealed',
    revokedAt: null,
    suspendedAt: null,
    agentSuspendedAt: null,
  };
}
