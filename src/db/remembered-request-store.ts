import type { RememberedRequest, RequestId } from '../requests/remembered-request.ts';
import type { RememberedRequestStore, RequestClaim } from '../requests/remembered-request-store.ts';
import type { Connection } from './client.ts';

/** Remembered requests; the primary key lets one caller alone have a key. */
export class PostgresRememberedRequestStore implements RememberedRequestStore {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async claim(request: RememberedRequest): Promise<RequestClaim> {
    const { id, tokenId, key, fingerprint, createdAt, leaseUntil } = request;
    const claimed = await this.#db.$executeRaw`
      INSERT INTO remembered_requests AS held
        (token_id, key, id, fingerprint, created_at, lease_until)
      VALUES (${tokenId}, ${key}, ${id}, ${fingerprint}, ${createdAt}::timestamptz,
        ${leaseUntil}::timestamptz)
      ON CONFLICT (token_id, key) DO UPDATE SET lease_until = excluded.lease_until
       WHERE held.answer IS NULL AND held.fingerprint = excluded.fingerprint
         AND held.lease_until <= excluded.created_at`;
    const held = await this.#db.rememberedRequest.findUniqueOrThrow({
      where: { tokenId_key: { tokenId, key } },
    });
    return { request: { ...held, id: held.id as RequestId }, isOurs: claimed === 1 };
  }

  async lease(id: RequestId, until: Date): Promise<void> {
    await this.#db.rememberedRequest.updateMany({
      where: { id, answer: null },
      data: { leaseUntil: until },
    });
  }

  async answer(id: RequestId, answer: Uint8Array): Promise<void> {
    await this.#db.rememberedRequest.updateMany({
      where: { id, answer: null },
      data: { answer: Uint8Array.from(answer) },
    });
  }

  async release(id: RequestId): Promise<void> {
    await this.#db.rememberedRequest.deleteMany({ where: { id, answer: null } });
  }

  async forget(before: Date, limit: number): Promise<number> {
    return this.#db.$executeRaw`
      DELETE FROM remembered_requests WHERE id IN (
        SELECT id FROM remembered_requests WHERE created_at < ${before}::timestamptz
         ORDER BY created_at LIMIT ${limit})`;
  }
}
