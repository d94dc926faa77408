import { changeAgent } from './change-agent.ts';

export const agentResume = changeAgent('resume', 'end a suspension');
