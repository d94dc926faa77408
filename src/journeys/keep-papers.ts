import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { settleEach } from '../kernel/settle-each.ts';
import type { RotationReader } from '../keys/rotation-store.ts';
import { retireStatusLists } from '../status/retire-status-lists.ts';
import type { StatusList } from '../status/status-list.ts';
import type { StatusReader } from '../status/status-store.ts';
import { type ForgetExchangesDeps, forgetExchanges } from '../workloads/forget-exchanges.ts';
import { advanceRotations } from './advance-rotations.ts';
import { renewalOf } from './issue-papers.ts';
import { type KeepIssuerKeysDeps, keepIssuerKeys } from './keep-issuer-keys.ts';
import type { PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';
import { renewFacets } from './renew-facets.ts';
import { retireEndedAgents } from './retire-ended-agents.ts';

/** A list is signed anew at least this often; it is valid three times as long. */
const resignAfterMs = 5 * 60_000;
/** Lists that were signed together are signed anew within so long before that, one by one. */
const spreadMs = 2 * 60_000;
const goldenRatio = (Math.sqrt(5) - 1) / 2;
/** An intent this old was left behind by a process that ended before it could seal it. */
const abandonAfterMs = 60_000;
const rowsPerRound = 200;
/** How long one round goes on catching up with agents whose papers lag behind. */
const patienceMs = 10_000;

/** Readers that find what is owed, beside all that pays it. */
export interface KeepPapersDeps extends PublishStandingDeps, KeepIssuerKeysDeps {
  readonly work: KeepIssuerKeysDeps['work'] & ForgetExchangesDeps['work'];
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly status: StatusReader;
  readonly rotations: RotationReader;
}

/** What one round did, for the log. */
export interface KeptPapers {
  readonly listsPublished: number;
  readonly intentsAbandoned: number;
  readonly listsRetired: number;
  readonly agentsRetired: number;
  readonly agentsCaughtUp: number;
  readonly facetsRenewed: number;
  readonly passportsRenewed: number;
  readonly rotationsAdvanced: number;
  readonly exchangesForgotten: number;
  readonly issuerKeysChanged: number;
  /** Agents whose papers were issued anew after their issuer's key was compromised. */
  readonly agentsReissued: number;
  /** What stood in the way of single agents or lists; the next round tries them again. */
  readonly failures: readonly unknown[];
}

/**
 * One round of what the registry owes without being asked: give up intents that were never sealed,
 * sign status lists before they expire, retire agents whose end has come, finish changes that a
 * restart interrupted, renew facets and passports at two thirds of their life, take the steps of key
 * rotations, and forget exchanged tokens that have ended. Every part may be repeated, and one agent's trouble is not
 * another's. Once `stopping` is aborted no further agent or list is begun, and nothing is left half done.
 */
export async function keepPapers(
  deps: KeepPapersDeps,
  stopping?: AbortSignal,
): Promise<KeptPapers> {
  // Lists are signed whatever stands in the way of what is audited.
  const [abandoned] = await Promise.allSettled([abandonIntents(deps)]);
  const issuerKeys = await keepIssuerKeys(deps, stopping);
  // The lists come first: a document that answers 410 must never be the only sign.
  const lists = await dueLists(deps);
  const published = await publishInTurn(deps, lists, stopping);
  const [listsRetired] = await Promise.allSettled([retireStatusLists(deps)]);
  const retired = await retireEndedAgents(deps, stopping);
  const caughtUp = await catchUp(deps, stopping);
  // Facets first: with each goes a passport, which is then not due any more.
  const facets = await renewFacets(deps, stopping);
  const due = await deps.credentials.listAgentsDue(deps.clock.now(), rowsPerRound);
  const renewed = await settleEach(due, (id) => renewPassport(deps, id), stopping);
  const rotated = await advanceRotations(deps, rowsPerRound, stopping);
  const [forgotten] = await Promise.allSettled([forgetExchanges(deps)]);
  return {
    listsPublished: countDone(published),
    intentsAbandoned: abandoned.status === 'fulfilled' ? abandoned.value : 0,
    listsRetired: listsRetired.status === 'fulfilled' ? listsRetired.value : 0,
    agentsRetired: retired.agents.length,
    agentsCaughtUp: countDone(caughtUp),
    facetsRenewed: facets.count,
    passportsRenewed: countDone(renewed),
    rotationsAdvanced: countDone(rotated),
    exchangesForgotten: forgotten.status === 'fulfilled' ? forgotten.value : 0,
    issuerKeysChanged: issuerKeys.keysChanged,
    agentsReissued: issuerKeys.agentsReissued,
    failures: [
      ...[...retired.failures, ...facets.failures, ...issuerKeys.failures],
      ...[
        abandoned,
        ...caughtUp,
        ...renewed,
        ...rotated,
        ...published,
        listsRetired,
        forgotten,
      ].flatMap(reasonOf),
    ],
  };
}

async function dueLists(deps: KeepPapersDeps): Promise<readonly StatusList[]> {
  const now = deps.clock.now();
  const due = (await deps.status.listLists()).filter((list) => isDue(list, now));
  // Those that owe a change come before those that only age.
  return due.sort((one, other) => Number(owes(other)) - Number(owes(one)));
}

function isDue(list: StatusList, now: Date): boolean {
  if (list.publishedAt === null || owes(list)) return true;
  const ageMs = now.getTime() - list.publishedAt.getTime();
  // A clock that stepped back far is complained of in every round, or the list would run out silently.
  return ageMs >= resignAfterMs - headStartMs(list) || ageMs < -resignAfterMs;
}

/** Whether its documents lack a change that is recorded. */
function owes({ publishedAt, publishedRevision, revision }: StatusList): boolean {
  return publishedAt === null || publishedRevision < revision;
}

/** By the number of the list: neighbours are far apart, so that many are not due in the same round. */
function headStartMs({ number }: StatusList): number {
  const turns = number * goldenRatio;
  return (turns - Math.floor(turns)) * spreadMs;
}

/** One after the other: a hundred lists at once would keep everybody else waiting. */
async function publishInTurn(
  { lists: publisher }: KeepPapersDeps,
  lists: readonly StatusList[],
  stopping: AbortSignal | undefined,
): Promise<readonly PromiseSettledResult<Date>[]> {
  const settled: PromiseSettledResult<Date>[] = [];
  for (const { id } of lists) {
    if (stopping?.aborted === true) break;
    settled.push(...(await Promise.allSettled([publisher.publish(id)])));
  }
  return settled;
}

/** Many agents at once may owe new papers: it goes on with them for a while, and in the next round. */
async function catchUp(
  deps: KeepPapersDeps,
  stopping: AbortSignal | undefined,
): Promise<readonly PromiseSettledResult<unknown>[]> {
  const until = deps.clock.now().getTime() + patienceMs;
  const settled: PromiseSettledResult<unknown>[] = [];
  const failed: AgentId[] = [];
  for (;;) {
    const lagging = await deps.agents.listLagging(rowsPerRound, failed);
    const publish = (agent: Agent) => publishStanding(deps, agent, { narrows: true });
    const ended = await settleEach(lagging, publish, stopping);
    settled.push(...ended);
    failed.push(...lagging.flatMap(({ id }, at) => (ended[at]?.status === 'rejected' ? [id] : [])));
    const isOver = deps.clock.now().getTime() >= until || stopping?.aborted === true;
    if (lagging.length < rowsPerRound || isOver) return settled;
  }
}

async function abandonIntents(deps: KeepPapersDeps): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - abandonAfterMs);
  const left = await deps.credentials.listUnsealed(before, rowsPerRound);
  if (left.length > 0) await deps.work.run((stores) => abandon(stores, left, deps.clock.now()));
  return left.length;
}

/** An abandoned intent may have been signed all the same, so its index reads revoked for ever. */
async function abandon(stores: PapersStores, left: readonly Credential[], at: Date): Promise<void> {
  const ids = left.map(({ id }) => id);
  await stores.credentials.abandonAll(ids);
  await stores.status.change(ids, { revokedAt: at });
  await stores.audit.append(
    left.map((credential) => ({
      organizationId: credential.organizationId,
      actor: { kind: 'system', id: 'keep-papers' },
      action: 'credential.abandoned',
      subject: credential.id,
      reason: 'recorded, and not sealed before the service ended',
      details: { agent: credential.agentId, type: credential.type },
    })),
  );
}

function renewPassport(deps: KeepPapersDeps, id: AgentId): Promise<unknown> {
  return deps.issuePapers(
    renewalOf(id, {
      actor: { kind: 'system', id: 'keep-papers' },
      reason: 'renewed before its end',
      narrows: false,
    }),
  );
}

function countDone(results: readonly PromiseSettledResult<unknown>[]): number {
  return results.filter(({ status }) => status === 'fulfilled').length;
}

function reasonOf(result: PromiseSettledResult<unknown>): readonly unknown[] {
  return result.status === 'rejected' ? [result.reason] : [];
}
