import type { Agent } from './agent.ts';

/** Something about an agent that is allowed, and that somebody should mend. */
export interface AgentAdvice {
  readonly code: 'one-owner' | 'no-end';
  readonly detail: string;
}

const oneOwner: AgentAdvice = {
  code: 'one-owner',
  detail: 'One owner answers for it: name a second one, for the day that the first is away.',
};

const noEnd: AgentAdvice = {
  code: 'no-end',
  detail: 'It has no end: set expiresAt, so that it does not outlive its purpose unnoticed.',
};

/** What to mend about an agent; nothing is refused on its account. */
export function adviceFor(agent: Pick<Agent, 'owners' | 'expiresAt'>): readonly AgentAdvice[] {
  return [
    ...(agent.owners.length === 1 ? [oneOwner] : []),
    ...(agent.expiresAt === null ? [noEnd] : []),
  ];
}
