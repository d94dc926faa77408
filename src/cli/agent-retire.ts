import { changeAgent } from './change-agent.ts';

/** Revokes all that the agent holds and withdraws its documents; its handle is never free again. */
export const agentRetire = changeAgent('retire', 'end an agent for good; there is no way back');
