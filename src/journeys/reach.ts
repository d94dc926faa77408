import type { Agent } from '../agents/agent.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { TokenReach } from '../organizations/api-token.ts';

/**
 * The team of an agent that a caller onboards or moves: their own, when they have no other. Throws
 * `not-permitted` for an agent that would be out of the caller's reach.
 */
export function teamWithin(
  reach: TokenReach | undefined,
  team: string | null | undefined,
): Agent['team'] {
  if (reach === undefined || reach.team === null) return team ?? null;
  if (team === undefined || team === reach.team) return reach.team;
  throw new SealwrightError('not-permitted', 'This token reaches the agents of one team only.', {
    faults: [{ pointer: '/team', detail: `must be ${reach.team}` }],
  });
}

/** Refuses a caller who reaches a single agent: another one would be out of their reach. */
export function checkMayOnboard(reach: TokenReach | undefined): void {
  if (reach === undefined || reach.agentId === null) return;
  throw new SealwrightError('not-permitted', 'This token reaches one agent, which exists already.');
}
