import type { TokenId } from '../organizations/api-token.ts';
import type { WorkloadRuleId } from './workload-rule.ts';

/** A workload's token that bought one of ours, and cannot buy another. */
export interface Exchange {
  /** Names the workload's token: see `exchangeKeyOf`. */
  readonly key: string;
  readonly ruleId: WorkloadRuleId;
  readonly tokenId: TokenId;
  /** When both tokens have ended, so that the exchange may be forgotten. */
  readonly endsAt: Date;
}

/** Reads exchanges, as far as they are remembered. */
export interface ExchangeReader {
  /** The tokens that were issued under the rule. */
  listTokens(ruleId: WorkloadRuleId): Promise<readonly TokenId[]>;
}

/** Remembers which tokens of workloads were exchanged, inside a unit of work. */
export interface ExchangeStore extends ExchangeReader {
  /** Records the exchange; false, and nothing changes, when its key is there already. */
  record(exchange: Exchange): Promise<boolean>;
  /** Forgets at most `limit` exchanges that ended before this moment, and the tokens they issued. */
  forgetEnded(before: Date, limit: number): Promise<number>;
}
