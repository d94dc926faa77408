import type { KeySource } from './workload-rule.ts';
import type { WorkloadToken } from './workload-token.ts';

/** Whether a token is the issuer's; `undetermined` when nobody can say now, which is never a yes. */
export type Judgement =
  | { readonly outcome: 'genuine' }
  | { readonly outcome: 'refused' | 'undetermined'; readonly why: string };

/**
 * Verifies the signature of a token with the keys of one source. Only a source that a rule names is
 * ever asked. `why` is for the log: it holds nothing that a peer sent.
 */
export interface TokenJudge {
  judge(token: WorkloadToken, source: KeySource): Promise<Judgement>;
}
