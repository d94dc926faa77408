import { type Agent, type AgentState, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditAction } from '../audit/audit-event.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusChange } from '../status/status-store.ts';
import { checkReason } from './check-reason.ts';
import { checkAsRead, findAgent } from './find-agent.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';
import type { ChangeAgentStateInput } from './registry.ts';

/** What a change of state needs beside publishing what the new state demands. */
export interface ChangeAgentStateDeps extends PublishStandingDeps, Pick<PapersDeps, 'lists'> {
  readonly agents: AgentReader;
}

interface StateChange {
  readonly from: readonly AgentState[];
  readonly to: AgentState;
  readonly action: AuditAction;
  /** What happens to every unexpired credential of the agent, passport and facets alike. */
  readonly changeAt: (at: Date) => StatusChange;
}

const suspension: StateChange = {
  from: ['active'],
  to: 'suspended',
  action: 'agent.suspended',
  changeAt: (at) => ({ agentSuspendedAt: at }),
};

const resumption: StateChange = {
  from: ['suspended'],
  to: 'active',
  action: 'agent.resumed',
  changeAt: () => ({ agentSuspendedAt: null }),
};

const retirement: StateChange = {
  from: ['pending', 'active', 'suspended'],
  to: 'retired',
  action: 'agent.retired',
  changeAt: (at) => ({ revokedAt: at }),
};

/** Suspends every unexpired credential of the agent; the lists show it when this resolves. */
export function suspendAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  return changeState(deps, input, suspension);
}

/** Ends a suspension. Credentials that were suspended on their own stay so. */
export function resumeAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  return changeState(deps, input, resumption);
}

/**
 * Revokes everything the agent holds and then withdraws its documents. Final: the handle is never
 * used again.
 */
export function retireAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  return changeState(deps, input, retirement);
}

async function changeState(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
  change: StateChange,
): Promise<Agent> {
  checkReason(input.reason);
  const found = await findAgent(deps, input);
  checkStart(found, change, deps.clock.now());
  const changed = await deps.work.run((stores) =>
    recordChange(stores, { id: found.id, input, change, at: deps.clock.now() }),
  );
  // The lists come first: a document that answers 410 must never be the only sign.
  await deps.lists.publishAll(changed.lists);
  return publishStanding(deps, changed.agent, { narrows: false });
}

function checkStart(agent: Agent, change: StateChange, at: Date): void {
  if (change.to === 'active' && hasEnded(agent, at)) {
    throw new SealwrightError('agent-wrong-state', 'The agent has reached its end.');
  }
  if (change.from.includes(agent.state)) return;
  throw new SealwrightError('agent-wrong-state', `The agent is ${agent.state}.`);
}

async function recordChange(
  stores: PapersStores,
  order: { id: Agent['id']; input: ChangeAgentStateInput; change: StateChange; at: Date },
): Promise<{ agent: Agent; lists: readonly StatusListId[] }> {
  const { change, at } = order;
  const [agent] = await stores.agents.reviseAll([order.id]);
  if (agent === undefined) throw new SealwrightError('agent-not-found', 'There is no such agent.');
  checkAsRead(order.input, agent);
  checkStart(agent, change, at);
  await stores.agents.updateState(agent.id, change.to, at);
  const held = await stores.credentials.listUnexpired([agent.id], at);
  const lists = await stores.status.change(
    held.map(({ id }) => id),
    change.changeAt(at),
  );
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor: order.input.actor,
      action: change.action,
      subject: agent.id,
      reason: order.input.reason,
      details: { handle: agent.handle, credentials: held.length },
    },
  ]);
  return { agent: { ...agent, state: change.to, updatedAt: at }, lists };
}
