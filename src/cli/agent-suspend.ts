import { changeAgent } from './change-agent.ts';

/** Ends once the public status lists show every credential of the agent as suspended. */
export const agentSuspend = changeAgent('suspend', 'stop an agent for now, everywhere');
