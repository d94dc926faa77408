import { changeAgent } from './change-agent.ts';

export const agentRetire = changeAgent('retire', 'end an agent for good; there is no way back');
