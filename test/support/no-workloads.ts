import type { TokenJudge } from '../../src/workloads/token-judge.ts';

/** For registries that no workload calls. */
export const noWorkloads: TokenJudge = {
  judge: async () => ({ outcome: 'undetermined', why: 'there is no issuer' }),
};
