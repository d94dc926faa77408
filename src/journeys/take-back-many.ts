import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { getsPapers, stateAfter } from '../agents/lifecycle.ts';
import type { Credential } from '../credentials/credential.ts';
import { leavesDoubt, SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusReader } from '../status/status-store.ts';
import type { BulkFilter, BulkInput, BulkOutcome } from './bulk-cases.ts';
import { changeAgents } from './change-agents.ts';
import {
  type ChangedFacets,
  type ChangeFacetsDeps,
  changeFacets,
  type FacetChange,
  type FacetsOrder,
  revocation,
  suspension,
  withSeries,
} from './change-facets.ts';
import { checkReason } from './check-reason.ts';
import { type Holding, matchAgents, meansCredential, readHoldings } from './match-holdings.ts';

/** Orders for papers that are under way together; they share transactions of some. */
const agentsAtOnce = 256;

/** What taking back many needs: readers that find what is meant, and all that changes it. */
export interface TakeBackManyDeps extends ChangeFacetsDeps {
  readonly agents: AgentReader;
  readonly status: StatusReader;
}

type Verb = 'revoke' | 'suspend';

/**
 * Revokes or suspends all that a filter means. What is meant is looked at again under the lock of
 * each agent, so that what is issued or renewed meanwhile does not slip through. When this resolves,
 * the lists show all of it; what a fault leaves undone is done by a repetition, or by the rounds.
 */
export async function takeBackMany(
  deps: TakeBackManyDeps,
  verb: Verb,
  input: BulkInput,
): Promise<BulkOutcome> {
  checkReason(input.reason);
  checkFilter(verb, input.filter);
  const agents = await matchAgents(deps, input);
  if (verb === 'suspend' && !isAboutCredentials(input.filter)) {
    return suspendAgents(deps, agents, input);
  }
  const change = verb === 'revoke' ? revocation : suspension;
  const holdings = await readHoldings(deps, agents, deps.clock.now());
  const targets = holdings.flatMap((holding) => targetOf(holding, change, input.filter));
  const ids = targets.flatMap(idsOf);
  if (input.preview || ids.length === 0) return answerOf(deps, 'credentials', { ids, input });
  await recordOrder(deps, verb, { input, count: ids.length });
  const changed = await changeEach(deps, { targets, change, input });
  return answerOf(deps, 'credentials', { ids: changed, input });
}

/** An agent that holds something that is meant. */
interface Target {
  readonly agent: Agent;
  readonly facets: readonly Credential[];
  readonly passports: readonly Credential[];
}

function idsOf({ facets, passports }: Target): readonly string[] {
  return [...facets, ...passports].map(({ id }) => id);
}

function isAboutCredentials({ type, issuerKey, issuedBefore }: BulkFilter): boolean {
  return type !== undefined || issuerKey !== undefined || issuedBefore !== undefined;
}

function checkFilter(verb: Verb, filter: BulkFilter): void {
  if (Object.keys(filter).length === 0) {
    throw refusalAt('/filter', 'name at least one member: nothing means everything');
  }
  if (verb === 'suspend' && filter.type === 'passport') {
    throw refusalAt('/filter/type', 'a passport is suspended with its agent: leave the type out');
  }
}

function refusalAt(pointer: string, detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'The filter is not usable.', {
    faults: [{ pointer, detail }],
  });
}

function selectFacets(held: readonly Credential[], change: FacetChange, filter: BulkFilter) {
  const meant = held.filter(
    (one) => one.type !== 'passport' && change.touches(one) && meansCredential(filter, one),
  );
  return withSeries(meant, held, change);
}

function targetOf(
  { agent, held }: Holding,
  change: FacetChange,
  filter: BulkFilter,
): readonly Target[] {
  const facets = selectFacets(held, change, filter);
  const passports = held.filter(
    (one) => one.type === 'passport' && change.touches(one) && meansCredential(filter, one),
  );
  const target = { agent, facets, passports: change === revocation ? passports : [] };
  return idsOf(target).length === 0 ? [] : [target];
}

async function suspendAgents(
  deps: TakeBackManyDeps,
  agents: readonly Agent[],
  input: BulkInput,
): Promise<BulkOutcome> {
  const { actor, reason } = input;
  const active = agents.filter((agent) => stateAfter(agent, 'suspend', deps.clock.now()) !== null);
  const ids = active.map(({ id }) => id);
  if (input.preview || ids.length === 0) return answerOf(deps, 'agents', { ids, input });
  await recordOrder(deps, 'suspend', { input, count: ids.length });
  const order = { change: 'suspend', actor, reason, isMeant: () => true } as const;
  const suspended = await changeAgents(deps, active, order);
  return answerOf(deps, 'agents', { ids: suspended.agents.map(({ id }) => id), input });
}

/** Who ordered what, beside an event for each agent or credential that it came to. */
async function recordOrder(
  deps: TakeBackManyDeps,
  verb: Verb,
  order: { readonly input: BulkInput; readonly count: number },
): Promise<void> {
  const { organizationId, actor, reason, filter } = order.input;
  await deps.work.run((stores) =>
    stores.audit.append([
      {
        organizationId,
        actor,
        action: verb === 'revoke' ? 'revocation.ordered' : 'suspension.ordered',
        subject: organizationId,
        reason,
        details: { filter: JSON.stringify(filter), count: order.count },
      },
    ]),
  );
}

interface ChangeEach {
  readonly targets: readonly Target[];
  readonly change: FacetChange;
  readonly input: BulkInput;
}

/** One agent's trouble is not another's: the first is told once all others are done. */
async function changeEach(deps: TakeBackManyDeps, order: ChangeEach): Promise<readonly string[]> {
  const settled: PromiseSettledResult<readonly string[]>[] = [];
  for (let start = 0; start < order.targets.length; start += agentsAtOnce) {
    const some = order.targets.slice(start, start + agentsAtOnce);
    settled.push(
      ...(await Promise.allSettled(some.map((target) => changeTarget(deps, target, order)))),
    );
  }
  const failure = settled.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

async function changeTarget(
  deps: TakeBackManyDeps,
  { agent, passports }: Target,
  { change, input }: ChangeEach,
): Promise<readonly string[]> {
  const order: FacetsOrder = {
    agentId: agent.id,
    actor: input.actor,
    reason: input.reason,
    change,
    select: (held) => selectFacets(held, change, input.filter),
    passportsToo: passports.length > 0,
    withPapers: getsPapers(agent, deps.clock.now()),
  };
  const { credentials } = await changeInAnyCase(deps, order);
  return [...credentials, ...passports].map(({ id }) => id);
}

/** That the new papers of an agent cannot be made does not keep the old ones in force. */
async function changeInAnyCase(deps: TakeBackManyDeps, order: FacetsOrder): Promise<ChangedFacets> {
  try {
    return await changeFacets(deps, order);
  } catch (error) {
    const isLost = leavesDoubt(error);
    if (isLost || !order.withPapers) throw error;
    return changeFacets(deps, { ...order, withPapers: false, passportsToo: true });
  }
}

/** Publishes what an earlier call recorded and could not, too: the answer is about what readers see. */
async function answerOf(
  deps: TakeBackManyDeps,
  of: BulkOutcome['of'],
  { ids, input }: { readonly ids: readonly string[]; readonly input: BulkInput },
): Promise<BulkOutcome> {
  if (input.preview) return { of, ids, publishedAt: null };
  const lists = (await deps.status.listLists()).filter(
    (list) => list.organizationId === input.organizationId,
  );
  const owed = lists.filter((list) => list.publishedRevision < list.revision);
  const publishedAt = await deps.lists.publishAll(owed.map(({ id }) => id));
  const former = lists.flatMap((list) => list.publishedAt ?? []);
  return { of, ids, publishedAt: publishedAt ?? latest(former) };
}

function latest(moments: readonly Date[]): Date | null {
  return moments.length === 0 ? null : new Date(Math.max(...moments.map(Number)));
}
