import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { type AgentChange, stateOf } from '../agents/lifecycle.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type ChangeAgentsDeps, changeAgents } from './change-agents.ts';
import { checkReason } from './check-reason.ts';
import { checkAsRead, findAgent } from './find-agent.ts';
import { publishStanding } from './publish-standing.ts';
import type { ChangeAgentStateInput } from './registry.ts';

/** What a change of one agent's state needs: it is a change of many with one agent in it. */
export interface ChangeAgentStateDeps extends ChangeAgentsDeps {
  readonly agents: AgentReader;
}

/** Suspends every unexpired credential of the agent; the lists show it when this resolves. */
export function suspendAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  return changeState(deps, input, 'suspend');
}

/** Ends a suspension. Credentials that were suspended on their own stay so. */
export async function resumeAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  const { did, state } = await findAgent(deps, input);
  if (state === 'suspended' && (await deps.keys.listByDids([did])).length === 0) {
    throw new SealwrightError('agent-wrong-state', 'The agent has no key: give it one first.');
  }
  return changeState(deps, input, 'resume');
}

/**
 * Revokes everything the agent holds and then withdraws its documents. Final: the handle is never
 * used again.
 */
export function retireAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
  return changeState(deps, input, 'retire');
}

async function changeState(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
  change: AgentChange,
): Promise<Agent> {
  checkReason(input.reason);
  const { reason, actor } = input;
  const found = await findAgent(deps, input);
  const isMeant = (agent: Agent): boolean => {
    checkAsRead(input, agent);
    return true;
  };
  const order = { change, actor, reason, isMeant };
  const { agents, failures } = await changeAgents(deps, [found], order);
  if (failures.length > 0) throw failures[0];
  const [agent] = agents;
  if (agent !== undefined) return agent;
  const present = await findAgent(deps, input);
  if (input.isResent && present.state === stateOf[change]) return publishAgain(deps, present);
  throw refusalOf(present, change, deps.clock.now());
}

/** An attempt that was not answered may have recorded its change, and published it or not. */
async function publishAgain(deps: ChangeAgentStateDeps, agent: Agent): Promise<Agent> {
  const held = await deps.credentials.listUnexpired([agent.id], deps.clock.now());
  await deps.lists.publishAll(held.map(({ status }) => status.listId));
  if (agent.publishedRevision >= agent.papersRevision) return agent;
  return publishStanding(deps, agent, { narrows: false });
}

function refusalOf(agent: Agent, change: AgentChange, at: Date): SealwrightError {
  const isPastEnd = change === 'resume' && hasEnded(agent, at);
  return new SealwrightError(
    'agent-wrong-state',
    isPastEnd ? 'The agent has reached its end.' : `The agent is ${agent.state}.`,
  );
}
