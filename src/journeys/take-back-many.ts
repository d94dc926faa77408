import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { getsPapers, stateAfter } from '../agents/lifecycle.ts';
import type { Credential } from '../credentials/credential.ts';
import { leavesDoubt, SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusReader } from '../status/status-store.ts';
import type { BulkFilter, BulkInput, BulkOutcome } from './bulk-cases.ts';
import { type ChangeAgentsDeps, changeAgents, mostAgentsAwaited } from './change-agents.ts';
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
import { takeBackAtOnce } from './take-back-at-once.ts';

/** What taking back many needs: readers that find what is meant, and all that changes it. */
export interface TakeBackManyDeps extends ChangeFacetsDeps, ChangeAgentsDeps {
  readonly agents: AgentReader;
  readonly status: StatusReader;
}

type Verb = 'revoke' | 'suspend';

/**
 * Revokes or suspends all that a filter means. What is meant is looked at again under the lock of
 * each agent, so that what is issued or renewed meanwhile does not slip through. When this resolves,
 * the lists show all of it; what a fault leaves undone is done by a repetition, or by the rounds. Of
 * more agents than are awaited, the passports go with the rest and new papers come by the rounds.
 */
export async function takeBackMany(
  deps: TakeBackManyDeps,
  verb: Verb,
  input: BulkInput,
): Promise<BulkOutcome> {
  checkReason(input.reason);
  checkFilter(verb, input.filter);
  if (verb === 'suspend' && !isAboutCredentials(input.filter)) return suspendAgents(deps, input);
  const change = verb === 'revoke' ? revocation : suspension;
  const targets = await findTargets(deps, change, input);
  const ids = targets.flatMap(idsOf);
  if (input.preview || ids.length === 0) return answerOf(deps, 'credentials', { ids, input });
  await recordOrder(deps, verb, { input, count: ids.length });
  const order = { targets, change, input };
  const changed =
    targets.length > (deps.agentsAwaited ?? mostAgentsAwaited)
      ? await changeAtOnce(deps, order)
      : await changeEach(deps, order);
  return answerOf(deps, 'credentials', { ids: changed, input });
}

/** An agent that holds something that is meant, and no more of that than is needed: there may be many. */
interface Target {
  readonly agentId: AgentId;
  readonly getsPapers: boolean;
  readonly facets: readonly string[];
  readonly passports: readonly string[];
}

function idsOf({ facets, passports }: Target): readonly string[] {
  return [...facets, ...passports];
}

async function findTargets(
  deps: TakeBackManyDeps,
  change: FacetChange,
  input: BulkInput,
): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for await (const agents of matchAgents(deps, input)) {
    const at = deps.clock.now();
    for (const holding of await readHoldings(deps, agents, at)) {
      const target = targetOf(holding, { change, filter: input.filter, at });
      if (idsOf(target).length > 0) targets.push(target);
    }
  }
  return targets;
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

function selectPassports(held: readonly Credential[], change: FacetChange, filter: BulkFilter) {
  if (change !== revocation) return [];
  return held.filter(
    (one) => one.type === 'passport' && change.touches(one) && meansCredential(filter, one),
  );
}

function targetOf(
  { agent, held }: Holding,
  { change, filter, at }: { change: FacetChange; filter: BulkFilter; at: Date },
): Target {
  return {
    agentId: agent.id,
    getsPapers: getsPapers(agent, at),
    facets: selectFacets(held, change, filter).map(({ id }) => id),
    passports: selectPassports(held, change, filter).map(({ id }) => id),
  };
}

async function suspendAgents(deps: TakeBackManyDeps, input: BulkInput): Promise<BulkOutcome> {
  const { actor, reason } = input;
  const active: Agent[] = [];
  for await (const agents of matchAgents(deps, input)) {
    const now = deps.clock.now();
    active.push(...agents.filter((agent) => stateAfter(agent, 'suspend', now) !== null));
  }
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

/** First all bits in the lists; the agents, which are refused until then, get their papers by the rounds. */
function changeAtOnce(
  deps: TakeBackManyDeps,
  { targets, change, input }: ChangeEach,
): Promise<readonly string[]> {
  const { actor, reason, filter } = input;
  const agentIds = targets.map(({ agentId }) => agentId);
  const select = (held: readonly Credential[]) => [
    ...selectFacets(held, change, filter),
    ...selectPassports(held, change, filter),
  ];
  return takeBackAtOnce(deps, { agentIds, actor, reason, change, select });
}

/** One agent's trouble is not another's: the first is told once all others are done. */
async function changeEach(deps: TakeBackManyDeps, order: ChangeEach): Promise<readonly string[]> {
  const changes = order.targets.map((target) => changeTarget(deps, target, order));
  const settled = await Promise.allSettled(changes);
  const failure = settled.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

async function changeTarget(
  deps: TakeBackManyDeps,
  { agentId, passports, getsPapers: withPapers }: Target,
  { change, input }: ChangeEach,
): Promise<readonly string[]> {
  const order: FacetsOrder = {
    agentId,
    actor: input.actor,
    reason: input.reason,
    change,
    select: (held) => selectFacets(held, change, input.filter),
    passportsToo: passports.length > 0,
    withPapers,
  };
  const { credentials } = await changeInAnyCase(deps, order);
  return [...credentials.map(({ id }) => id), ...passports];
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
  const agentsUnderWay = await deps.agents.countLagging(input.organizationId);
  if (input.preview) return { of, ids, agentsUnderWay, publishedAt: null };
  const lists = (await deps.status.listLists()).filter(
    (list) => list.organizationId === input.organizationId,
  );
  const owed = lists.filter((list) => list.publishedRevision < list.revision);
  const publishedAt = await deps.lists.publishAll(owed.map(({ id }) => id));
  const former = lists.flatMap((list) => list.publishedAt ?? []);
  return { of, ids, agentsUnderWay, publishedAt: publishedAt ?? latest(former) };
}

function latest(moments: readonly Date[]): Date | null {
  return moments.length === 0 ? null : new Date(Math.max(...moments.map(Number)));
}
