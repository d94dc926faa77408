import type { Agent, AgentId } from '../agents/agent.ts';
import { type AgentChange, lifecycle, type StateMeaning, stateAfter } from '../agents/lifecycle.ts';
import type { Actor, AuditAction, AuditEvent } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusChange } from '../status/status-store.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';

/** Every agent of a transaction is locked until its end, and others wait for it. */
const agentsPerTransaction = 64;
/** Of more than these, the rounds publish what follows: the lists tell it already. */
export const mostAgentsAwaited = 256;

/** What a change of state needs beside publishing what the new state demands. */
export interface ChangeAgentsDeps extends PublishStandingDeps, Pick<PapersDeps, 'lists'> {
  /** Up to so many agents have their documents when a change is answered; 256 unless given. */
  readonly agentsAwaited?: number;
}

/** One change for many agents of one organization, or of several. */
export interface ChangeAgentsOrder {
  readonly change: AgentChange;
  readonly actor: Actor;
  readonly reason: string;
  /** Whether an agent is meant, as it stands once it is locked. */
  readonly isMeant: (agent: Agent, at: Date) => boolean;
  /** Once this is aborted, no further agent's documents follow: the rounds publish them. */
  readonly stopping?: AbortSignal | undefined;
}

/** What became of the agents. Who was left out is in no member. */
export interface ChangedAgents {
  /** In their new state. */
  readonly agents: readonly Agent[];
  /** When the status lists that show the change were published; null when none had to be. */
  readonly publishedAt: Date | null;
  /** What stood in the way of publishing for single agents; a later round does it. */
  readonly failures: readonly unknown[];
}

const actions: Readonly<Record<AgentChange, AuditAction>> = {
  suspend: 'agent.suspended',
  resume: 'agent.resumed',
  retire: 'agent.retired',
};

/** What a state says of credentials, as a change of their status entries. */
const statusChanges: Readonly<Record<StateMeaning['credentials'], (at: Date) => StatusChange>> = {
  'as issued': () => ({ agentSuspendedAt: null }),
  suspended: (at) => ({ agentSuspendedAt: at }),
  revoked: (at) => ({ revokedAt: at }),
};

/**
 * Changes the state of agents: in transactions of some, then the lists once for all, then what each
 * state demands. Those that do not take the change are left out, so that it may be repeated. What a
 * fault leaves undone is in the rows, and `keepPapers` ends it.
 */
export async function changeAgents(
  deps: ChangeAgentsDeps,
  agents: readonly Agent[],
  order: ChangeAgentsOrder,
): Promise<ChangedAgents> {
  const isTaken = (agent: Agent) => takes(agent, order, deps.clock.now());
  const ids = agents.filter(isTaken).map(({ id }) => id);
  const recorded: RecordedStates[] = [];
  const publishLists = () => deps.lists.publishAll(recorded.flatMap(({ lists }) => lists));
  try {
    for (let start = 0; start < ids.length; start += agentsPerTransaction) {
      const some = ids.slice(start, start + agentsPerTransaction);
      recorded.push(
        await deps.work.run((stores) =>
          recordStates(stores, { ids: some, order, at: deps.clock.now() }),
        ),
      );
    }
  } catch (error) {
    await publishLists();
    throw error;
  }
  // The lists come first: a document that answers 410 must never be the only sign.
  const publishedAt = await publishLists();
  const changed = recorded.flatMap((one) => one.agents);
  return { ...(await publishEach(deps, changed, order.stopping)), publishedAt };
}

interface RecordedStates {
  readonly agents: readonly Agent[];
  readonly lists: readonly StatusListId[];
}

function takes(agent: Agent, { change, isMeant }: ChangeAgentsOrder, at: Date): boolean {
  return stateAfter(agent, change, at) !== null && isMeant(agent, at);
}

async function recordStates(
  stores: PapersStores,
  step: { readonly ids: readonly AgentId[]; readonly order: ChangeAgentsOrder; readonly at: Date },
): Promise<RecordedStates> {
  const { order, at } = step;
  const locked = await stores.agents.reviseAll(step.ids);
  const agents = locked.flatMap((agent): Agent[] => {
    const state = takes(agent, order, at) ? stateAfter(agent, order.change, at) : null;
    return state === null ? [] : [{ ...agent, state, updatedAt: at }];
  });
  for (const { id, state } of agents) await stores.agents.updateState(id, state, at);
  const held = await stores.credentials.listUnexpired(
    agents.map(({ id }) => id),
    at,
  );
  const lists = await changeStatus(stores, { agents, held, at });
  await stores.audit.append(agents.map((agent) => changeEvent(agent, held, order)));
  return { agents, lists };
}

/** All that the agents hold, passports and facets alike, as their new states have it. */
async function changeStatus(
  stores: PapersStores,
  step: {
    readonly agents: readonly Agent[];
    readonly held: readonly Credential[];
    readonly at: Date;
  },
): Promise<readonly StatusListId[]> {
  const [first] = step.agents;
  if (first === undefined) return [];
  return stores.status.change(
    step.held.map(({ id }) => id),
    statusChanges[lifecycle[first.state].credentials](step.at),
  );
}

function changeEvent(
  agent: Agent,
  held: readonly Credential[],
  { actor, change, reason }: ChangeAgentsOrder,
): AuditEvent {
  const credentials = held.filter(({ agentId }) => agentId === agent.id).length;
  return {
    organizationId: agent.organizationId,
    actor,
    action: actions[change],
    subject: agent.id,
    reason,
    details: { handle: agent.handle, credentials },
  };
}

/** One after the other: each is a transaction of its own, and the lists tell the change already. */
async function publishEach(
  deps: ChangeAgentsDeps,
  changed: readonly Agent[],
  stopping: AbortSignal | undefined,
): Promise<Pick<ChangedAgents, 'agents' | 'failures'>> {
  const agents: Agent[] = [];
  const failures: unknown[] = [];
  if (changed.length > (deps.agentsAwaited ?? mostAgentsAwaited))
    return { agents: changed, failures };
  for (const agent of changed) {
    if (stopping?.aborted === true) return { agents: changed, failures };
    try {
      agents.push(await publishStanding(deps, agent, { narrows: false }));
    } catch (failure) {
      agents.push(agent);
      failures.push(failure);
    }
  }
  return { agents, failures };
}
