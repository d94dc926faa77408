import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AgentChange } from '../agents/lifecycle.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type ChangeAgentsDeps, changeAgents } from './change-agents.ts';
import { checkReason } from './check-reason.ts';
import { checkAsRead, findAgent } from './find-agent.ts';
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
export function resumeAgent(
  deps: ChangeAgentStateDeps,
  input: ChangeAgentStateInput,
): Promise<Agent> {
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
  throw refusalOf(await findAgent(deps, input), change, deps.clock.now());
}

function refusalOf(agent: Agent, change: AgentChange, at: Date): SealwrightError {
  const isPastEnd = change === 'resume' && hasEnded(agent, at);
  return new SealwrightError(
    'agent-wrong-state',
    isPastEnd ? 'The agent has reached its end.' : `The agent is ${agent.state}.`,
  );
}
