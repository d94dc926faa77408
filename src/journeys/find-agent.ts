import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { reaches } from '../organizations/api-token.ts';
import type { AgentAsRead, Caller } from './registry.ts';

/** The caller's agent with this handle; one that the caller does not reach is not found either. */
export async function findAgent(
  deps: { readonly agents: AgentReader },
  input: Caller & { readonly handle: string },
): Promise<Agent> {
  const agent = await deps.agents.findByHandle(input.organizationId, input.handle);
  if (agent !== null && reaches(input.reach, agent)) return agent;
  throw new SealwrightError('agent-not-found', 'There is no agent with this handle.');
}

/** Throws `precondition-failed` for an agent, locked by now, that its caller read as another. */
export function checkAsRead({ isExpected }: AgentAsRead, agent: Agent): void {
  if (isExpected === undefined || isExpected(agent)) return;
  throw new SealwrightError('precondition-failed', 'The agent was changed since you read it.');
}
