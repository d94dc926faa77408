import type { TokenId } from '../organizations/api-token.ts';
import type { Exchange, ExchangeReader, ExchangeStore } from '../workloads/exchange-store.ts';
import type { WorkloadRuleId } from '../workloads/workload-rule.ts';
import type { Connection } from './client.ts';

/** Exchanges by the rule that they were made under. */
export class PostgresExchangeReader implements ExchangeReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listTokens(ruleId: WorkloadRuleId): Promise<readonly TokenId[]> {
    const rows = await this.db.workloadExchange.findMany({
      where: { ruleId },
      orderBy: { tokenId: 'asc' },
    });
    return rows.map(({ tokenId }) => tokenId as TokenId);
  }
}

/** Records by the digest of the token that was presented; of two at a time one waits and loses. */
export class PostgresExchangeStore extends PostgresExchangeReader implements ExchangeStore {
  async record({ key, ruleId, tokenId, endsAt }: Exchange): Promise<boolean> {
    const inserted = await this.db.workloadExchange.createMany({
      data: [{ key, ruleId, tokenId, endsAt }],
      skipDuplicates: true,
    });
    return inserted.count === 1;
  }

  async forgetEnded(before: Date, limit: number): Promise<number> {
    const ended = await this.db.$queryRaw<{ readonly id: TokenId }[]>`
      DELETE FROM workload_exchanges WHERE key IN (
        SELECT key FROM workload_exchanges WHERE ends_at < ${before}
         ORDER BY ends_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING token_id AS id`;
    await this.db.apiToken.deleteMany({ where: { id: { in: ended.map(({ id }) => id) } } });
    return ended.length;
  }
}
