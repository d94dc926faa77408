import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeyReader, KeyStore } from '../keys/key-store.ts';
import type { KeyChange, KeyId, KeyPurpose, KeyState, SigningKey } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PublicJwk, SigningAlgorithm } from '../protocol/jwk.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { SigningKey as Row } from './generated/client.ts';

/** Signing keys; their private halves leave the database as they are in it, sealed. */
export class PostgresKeyReader implements KeyReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listByDids(dids: readonly string[]): Promise<readonly SigningKey[]> {
    const rows = await this.db.signingKey.findMany({
      where: { did: { in: [...dids] }, state: { not: 'destroyed' }, purpose: { not: 'event' } },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(toSigningKey);
  }

  async listEventKeys(organizationId: OrganizationId): Promise<readonly SigningKey[]> {
    const rows = await this.db.signingKey.findMany({
      where: { organizationId, state: { not: 'destroyed' }, purpose: 'event' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(toSigningKey);
  }
}

/** Inserts and changes keys; a destroyed key keeps its row, so its public half is never taken again. */
export class PostgresKeyStore extends PostgresKeyReader implements KeyStore {
  async insert(key: SigningKey): Promise<void> {
    const data = {
      ...key,
      publicJwk: JSON.stringify(key.publicJwk),
      sealed: key.sealed === null ? null : Uint8Array.from(key.sealed),
    };
    await refuseDuplicate(
      this.db.signingKey.create({ data, select: { id: true } }),
      () => new SealwrightError('key-not-usable', 'This public key is in use already.'),
    );
  }

  async lockByDid(did: string): Promise<readonly SigningKey[]> {
    await this.db.$queryRaw`
      SELECT id FROM signing_keys WHERE did = ${did} ORDER BY id FOR NO KEY UPDATE`;
    return this.listByDids([did]);
  }

  async holdActive(id: KeyId): Promise<boolean> {
    const held = await this.db.$queryRaw<unknown[]>`
      SELECT id FROM signing_keys WHERE id = ${id} AND state = 'active' FOR SHARE`;
    return held.length > 0;
  }

  async change(id: KeyId, change: KeyChange): Promise<void> {
    const forgotten = change.state === 'destroyed' ? { sealed: null } : {};
    await this.db.signingKey.updateMany({ where: { id }, data: { ...change, ...forgotten } });
  }
}

function toSigningKey(row: Row): SigningKey {
  return {
    ...row,
    id: row.id as KeyId,
    organizationId: row.organizationId as OrganizationId,
    purpose: row.purpose as KeyPurpose,
    algorithm: row.algorithm as SigningAlgorithm,
    publicJwk: JSON.parse(row.publicJwk) as PublicJwk,
    state: row.state as KeyState,
  };
}
