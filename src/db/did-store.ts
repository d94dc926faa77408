import type { DidReader, DidStore } from '../dids/did-store.ts';
import type { Identifier } from '../dids/identifier.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Did } from '../protocol/did-web.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { Identifier as Row } from './generated/client.ts';

/** The identifiers that Veramo is told of, by DID. */
export class PostgresDidReader implements DidReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(did: string): Promise<Identifier | null> {
    const row = await this.db.identifier.findUnique({ where: { did } });
    return row === null ? null : toIdentifier(row);
  }
}

/** Inserts identifiers; they are never changed and never deleted. */
export class PostgresDidStore extends PostgresDidReader implements DidStore {
  async insert(identifier: Identifier): Promise<void> {
    await refuseDuplicate(
      this.db.identifier.create({ data: identifier, select: { did: true } }),
      () => new SealwrightError('handle-taken', `${identifier.did} is, or was, in use.`),
    );
  }
}

function toIdentifier(row: Row): Identifier {
  return {
    ...row,
    did: row.did as Did,
    organizationId: row.organizationId as OrganizationId,
    provider: 'did:web',
  };
}
