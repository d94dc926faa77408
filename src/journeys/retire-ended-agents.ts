import { hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { type ChangeAgentsDeps, type ChangedAgents, changeAgents } from './change-agents.ts';

const agentsPerRound = 200;

/** Readers that find whose end has come, beside all that retires them. */
export interface RetireEndedAgentsDeps extends ChangeAgentsDeps {
  readonly agents: AgentReader;
}

/**
 * Retires agents whose own end has come, suspended ones too: their credentials read revoked and
 * their documents are withdrawn. An end that is put off meanwhile is heeded, and what a restart
 * interrupts the next round ends.
 */
export async function retireEndedAgents(
  deps: RetireEndedAgentsDeps,
  stopping?: AbortSignal,
): Promise<ChangedAgents> {
  const ended = await deps.agents.listEnded(deps.clock.now(), agentsPerRound);
  return changeAgents(deps, ended, {
    change: 'retire',
    actor: { kind: 'system', id: 'retire-ended-agents' },
    reason: 'reached its end',
    isMeant: hasEnded,
    stopping,
  });
}
