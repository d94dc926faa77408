import { changeAgent } from './change-agent.ts';

export const agentSuspend = changeAgent('suspend', 'stop an agent for now, everywhere');
