import type { AgentId } from '../agents/agent.ts';
import type { Credential, CredentialRecord } from '../credentials/credential.ts';
import { createBatcher } from '../kernel/batcher.ts';
import { leavesDoubt, SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { IssuedPapers, PapersDeps, PapersOrder, PlannedPapers } from './papers.ts';
import { planPapers } from './plan-papers.ts';
import {
  type SealedPapers,
  type Seals,
  type SignedPapers,
  sealPapers,
  signPapers,
} from './seal-papers.ts';

const mostOrdersPerBatch = 64;
const mostAttempts = 5;

/** Carries out one change of an agent's papers; resolves when it is durable and published. */
export type IssuePapers = (order: PapersOrder) => Promise<IssuedPapers>;

/** What a batch did for one of its orders. */
interface BatchResult {
  readonly signed: SignedPapers;
  readonly facets: readonly CredentialRecord[];
  /** false when the agent was changed again before its papers could be published. */
  readonly published: boolean;
  readonly changedLists: readonly StatusListId[];
}

/**
 * Orders that arrive together share two transactions around their signatures: one that records
 * what will be signed, one that seals and publishes it. An order is answered when its facets
 * are sealed, the client document that reflects it is published, and, where it narrowed, the status
 * lists show the former passport as revoked.
 */
export function createIssuePapers(deps: PapersDeps): IssuePapers {
  const batch = createBatcher((orders: readonly PapersOrder[]) => runBatch(deps, orders), {
    maxItems: mostOrdersPerBatch,
  });
  const carryOut = async (order: PapersOrder): Promise<BatchResult> => {
    const outcome = await batch(order);
    if (outcome.ok) return outcome.result;
    throw outcome.error;
  };
  return async (order) => {
    const results = [await carryOut(order)];
    while (results.at(-1)?.published === false) {
      if (results.length === mostAttempts) throw overtaken();
      results.push(await carryOut(followingOrder(results, order)));
    }
    const changedLists = results.flatMap((result) => result.changedLists);
    return issuedFrom(results, await deps.lists.publishAll(changedLists));
  };
}

/**
 * Carries out orders in a batch of their own, so that the papers of an agent never reflect some of
 * them without the others. Throws when one of them could not be carried out; the others may be.
 */
export async function issueTogether(
  deps: PapersDeps & { readonly issuePapers: IssuePapers },
  orders: readonly PapersOrder[],
): Promise<void> {
  const outcomes = await runBatch(deps, orders);
  for (const outcome of outcomes) {
    if (!outcome.ok) throw outcome.error;
  }
  const overtaken = new Map<AgentId, PapersOrder>();
  for (const [place, order] of orders.entries()) {
    const outcome = outcomes[place];
    if (outcome?.ok !== true || outcome.result.published) continue;
    overtaken.set(outcome.result.signed.plan.agent.id, followingOrder([outcome.result], order));
  }
  for (const order of overtaken.values()) await deps.issuePapers(order);
}

/** The order that changes nothing itself: the papers are composed anew from what is in force. */
export function renewalOf(
  agentId: AgentId,
  order: Pick<PapersOrder, 'actor' | 'reason'> & { readonly narrows: boolean },
): PapersOrder {
  const { actor, reason, narrows } = order;
  return {
    agentId,
    actor,
    reason,
    facets: [],
    isRefusable: false,
    begin: async (_stores, agent) => {
      if (agent !== null) return { agent, narrows, changedLists: [] };
      throw new SealwrightError('agent-not-found', 'There is no such agent.');
    },
  };
}

/** What became of one order of a batch whose plan is durable already. */
type Outcome =
  | { readonly ok: true; readonly result: BatchResult }
  | { readonly ok: false; readonly error: unknown };

/**
 * Throws only when nothing is durable. From then on each order has an outcome of its own, so that
 * one that cannot be signed leaves the others alone.
 */
async function runBatch(
  deps: PapersDeps,
  orders: readonly PapersOrder[],
): Promise<readonly Outcome[]> {
  const planning = await settle(deps.work.run((stores) => planPapers(deps, stores, orders)));
  if (planning.status === 'rejected') return refuseAll(orders, planning.reason);
  const batch = planning.value;
  const signings = await Promise.allSettled(batch.plans.map((plan) => signPapers(deps, plan)));
  const signed = signings.flatMap((signing) =>
    signing.status === 'fulfilled' ? [signing.value] : [],
  );
  const sealing = await settle(sealBatch(deps, signed, batch.openedLists));
  return orders.map((order): Outcome => {
    const place = batch.plans.findIndex((plan) => plan.orders.includes(order));
    const signing = signings[place];
    if (signing === undefined) throw new TypeError('An order was left out of its batch.');
    if (signing.status === 'rejected') return { ok: false, error: signing.reason };
    if (sealing.status === 'rejected') return { ok: false, error: sealing.reason };
    const { agent } = signing.value.plan;
    if (sealing.value.stopped.has(agent.id)) return { ok: false, error: stoppedMeanwhile() };
    return { ok: true, result: resultOf(order, signing.value, sealing.value) };
  });
}

/** Orders that ended in doubt may be durable: run again one by one, they might be made twice. */
function refuseAll(orders: readonly PapersOrder[], error: unknown): readonly Outcome[] {
  if (!leavesDoubt(error)) throw error;
  return orders.map(() => ({ ok: false, error }));
}

async function settle<Value>(promise: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [settled] = await Promise.allSettled([promise]);
  return settled;
}

/** A list that was begun is served before the first credential that points to it. */
async function sealBatch(
  deps: PapersDeps,
  signed: readonly SignedPapers[],
  openedLists: readonly StatusListId[],
): Promise<SealedPapers> {
  await deps.lists.publishAll(openedLists);
  const at = deps.clock.now();
  return deps.work.run((stores) => sealPapers(stores, { signed, at }));
}

function resultOf(order: PapersOrder, signed: SignedPapers, sealed: SealedPapers): BatchResult {
  return {
    signed,
    facets: facetsOf(signed.plan, order),
    published: sealed.published.has(signed.plan.agent.id),
    changedLists: sealed.changedLists,
  };
}

/** The plan has the facets of all its orders in a row. */
function facetsOf(plan: PlannedPapers, order: PapersOrder): readonly CredentialRecord[] {
  const before = plan.orders.slice(0, plan.orders.indexOf(order));
  const start = before.reduce((count, { facets }) => count + facets.length, 0);
  return plan.newFacets.slice(start, start + order.facets.length);
}

function followingOrder(results: readonly BatchResult[], order: PapersOrder): PapersOrder {
  const [first] = results;
  if (first === undefined) throw new TypeError('There is no batch to follow.');
  const { plan } = first.signed;
  return renewalOf(plan.agent.id, { ...order, narrows: plan.narrows });
}

function stoppedMeanwhile(): SealwrightError {
  return new SealwrightError('agent-wrong-state', 'The agent was suspended or retired meanwhile.');
}

function overtaken(): SealwrightError {
  return new SealwrightError('conflict-retry', 'The agent is being changed elsewhere. Try again.');
}

function issuedFrom(results: readonly BatchResult[], listsPublishedAt: Date | null): IssuedPapers {
  const first = results[0] as BatchResult;
  const last = results.at(-1) as BatchResult;
  return {
    agent: publishedAgent(last.signed.plan),
    passport: sealed(last.signed.plan.passport, last.signed.seals),
    strictPassport: sealedStrict(last.signed),
    facets: first.facets.map((facet) => sealed(facet, first.signed.seals)),
    listsPublishedAt,
  };
}

function sealedStrict({ plan, seals }: SignedPapers): Credential | null {
  return plan.strict === null ? null : sealed(plan.strict.passport, seals);
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
    renewedBy: null,
  };
}
