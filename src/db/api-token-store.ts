import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { ApiToken, TokenId, TokenScope } from '../organizations/api-token.ts';
import type { ApiTokenReader, ApiTokenStore } from '../organizations/api-token-store.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { ApiToken as Row } from './generated/client.ts';

/** Tokens, which the database knows by their hashes alone. */
export class PostgresApiTokenReader implements ApiTokenReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async findByHash(hash: string): Promise<ApiToken | null> {
    const row = await this.db.apiToken.findUnique({ where: { hash } });
    return row === null ? null : toApiToken(row);
  }

  async list(organizationId: OrganizationId): Promise<readonly ApiToken[]> {
    const rows = await this.db.apiToken.findMany({
      where: { organizationId },
      orderBy: { id: 'asc' },
    });
    return rows.map(toApiToken);
  }
}

/** Inserts and revokes tokens; of two revocations the first moment stays. */
export class PostgresApiTokenStore extends PostgresApiTokenReader implements ApiTokenStore {
  async insert(token: ApiToken): Promise<void> {
    await refuseDuplicate(
      this.db.apiToken.create({ data: { ...token, scopes: [...token.scopes] } }),
      () => new SealwrightError('invalid-input', 'There is a token with this text already.'),
    );
  }

  async handOver(from: OrganizationId, to: OrganizationId): Promise<void> {
    await this.db.apiToken.updateMany({
      where: { organizationId: from },
      data: { organizationId: to },
    });
  }

  async revoke(organizationId: OrganizationId, id: TokenId, at: Date): Promise<ApiToken | null> {
    const own = { organizationId, id };
    await this.db.apiToken.updateMany({
      where: { ...own, revokedAt: null },
      data: { revokedAt: at },
    });
    const row = await this.db.apiToken.findFirst({ where: own });
    return row === null ? null : toApiToken(row);
  }
}

function toApiToken(row: Row): ApiToken {
  return {
    ...row,
    id: row.id as TokenId,
    organizationId: row.organizationId as OrganizationId,
    scopes: row.scopes as TokenScope[],
  };
}
