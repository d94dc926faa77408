import { type Agent, type AgentState, hasEnded } from './agent.ts';

/** What somebody, or the end of the agent, may do to the state of an agent. */
export type AgentChange = 'suspend' | 'resume' | 'retire';

/** The state that each change leads to. */
export const stateOf = {
  suspend: 'suspended',
  resume: 'active',
  retire: 'retired',
} as const satisfies Record<AgentChange, AgentState>;

/** What a state means for everything that hangs on the agent. */
export interface StateMeaning {
  /**
   * `follow`: published anew with every change. `stay`: as they were; only the page tells the state.
   * `withdrawn`: 410, but for a did.json without keys, the page and the single credentials.
   */
  readonly documents: 'follow' | 'stay' | 'withdrawn';
  /** What holds for the passport and every facet, over and above the state of each. */
  readonly credentials: 'as issued' | 'suspended' | 'revoked';
  /** Whether it gets credentials and passports, renewals included. */
  readonly newCredentials: 'issued' | 'refused';
  /** Whether the registry signs client assertions with a key that it holds for the agent. */
  readonly assertions: 'signed' | 'refused';
  /** Which changes it takes. */
  readonly changes: readonly AgentChange[];
}

/** The states of an agent and all that follows from each; docs/lifecycle.md shows the same table. */
export const lifecycle: Readonly<Record<AgentState, StateMeaning>> = {
  pending: {
    documents: 'follow',
    credentials: 'as issued',
    newCredentials: 'issued',
    assertions: 'refused',
    changes: ['retire'],
  },
  active: {
    documents: 'follow',
    credentials: 'as issued',
    newCredentials: 'issued',
    assertions: 'signed',
    changes: ['suspend', 'retire'],
  },
  suspended: {
    documents: 'stay',
    credentials: 'suspended',
    newCredentials: 'refused',
    assertions: 'refused',
    changes: ['resume', 'retire'],
  },
  retired: {
    documents: 'withdrawn',
    credentials: 'revoked',
    newCredentials: 'refused',
    assertions: 'refused',
    changes: [],
  },
};

/** The state that a change leads this agent to; null when it does not take it in its present one. */
export function stateAfter(agent: Agent, change: AgentChange, at: Date): AgentState | null {
  if (!lifecycle[agent.state].changes.includes(change)) return null;
  // Past its end an agent only leaves: what resumes would get papers.
  return change === 'resume' && hasEnded(agent, at) ? null : stateOf[change];
}

/** Whether the agent gets credentials at that moment. */
export function getsPapers(agent: Agent, at: Date): boolean {
  return lifecycle[agent.state].newCredentials === 'issued' && !hasEnded(agent, at);
}

const defaultYears = 1;

/** The end of an agent for which none was named: a year after its start. */
export function defaultEnd(start: Date): Date {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + defaultYears);
  return end;
}
