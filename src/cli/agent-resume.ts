import { changeAgent } from './change-agent.ts';

/** Credentials that were suspended on their own stay suspended. */
export const agentResume = changeAgent('resume', 'end a suspension');
