import type { AuditAction, AuditEvent, AuditRecord, EventId } from '../audit/audit-event.ts';
import type { AuditFilter, AuditReader, AuditTrail } from '../audit/audit-trail.ts';
import { type ChainHead, checkLinked, linkRecord } from '../audit/hash-chain.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { Connection } from './client.ts';
import type { Prisma, AuditRecord as Row } from './generated/client.ts';

/** The records in the order of the chain. A cursor that names no record begins at the first. */
export class PostgresAuditReader implements AuditReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async list(filter: AuditFilter, page: PageRequest): Promise<readonly AuditRecord[]> {
    const last = page.after === undefined ? null : await this.#sequenceOf(page.after);
    const rows = await this.db.auditRecord.findMany({
      where: { AND: [matching(filter), last === null ? {} : { sequence: { gt: last } }] },
      orderBy: { sequence: 'asc' },
      take: page.limit,
    });
    return rows.map(toAuditRecord);
  }

  async find(organizationId: string, id: string): Promise<AuditRecord | null> {
    const row = await this.db.auditRecord.findUnique({ where: { id, organizationId } });
    return row === null ? null : toAuditRecord(row);
  }

  async listAbout(
    subjects: readonly string[],
    action: AuditAction,
  ): Promise<readonly AuditRecord[]> {
    const rows = await this.db.auditRecord.findMany({
      where: { subject: { in: [...subjects] }, action },
      orderBy: { sequence: 'asc' },
    });
    return rows.map(toAuditRecord);
  }

  async readAfter(after: number, limit: number): Promise<readonly AuditRecord[]> {
    // One value for all rows: with millions of them, what a row costs on its way counts.
    const [page] = await this.db.$queryRaw<{ readonly rows: string }[]>`
      SELECT coalesce(json_agg(json_build_array(sequence, id, (extract(epoch FROM at) * 1000)::bigint,
        organization_id, action, subject, actor, request_id, body, previous_hash, hash)), '[]')::text
        AS rows
      FROM (SELECT * FROM audit_records WHERE sequence > ${after} ORDER BY sequence LIMIT ${limit}) AS page`;
    const rows: readonly PackedRow[] = JSON.parse(page?.rows ?? '[]');
    return rows.map(unpack);
  }

  async #sequenceOf(id: string): Promise<bigint | null> {
    const row = await this.db.auditRecord.findUnique({ where: { id }, select: { sequence: true } });
    return row?.sequence ?? null;
  }
}

/** What listings search by. */
type Searched = Pick<AuditRecord, 'organizationId' | 'action' | 'subject'>;

/** Hears what a transaction appends, and may refuse beforehand by throwing. */
export interface AppendHearer {
  beforeAppend(): void;
  onAppended(records: readonly AuditRecord[]): void;
}

const deafHearer: AppendHearer = { beforeAppend: () => undefined, onAppended: () => undefined };

/** Appends under a lock on the head of the chain, which is held until the transaction ends. */
export class PostgresAuditTrail implements AuditTrail {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #hearer: AppendHearer;

  constructor(db: Connection, clock: Clock, hearer: AppendHearer = deafHearer) {
    this.#db = db;
    this.#clock = clock;
    this.#hearer = hearer;
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    this.#hearer.beforeAppend();
    const at = this.#clock.now();
    let head = await this.#lockHead();
    const records = events.map((event) => {
      const record = linkRecord(head, { id: newId<EventId>('evt', at), at, event });
      head = record;
      return { record, event };
    });
    await this.#insert(records);
    await this.#db.$executeRaw`
      UPDATE audit_head SET sequence = ${head.sequence}, hash = ${head.hash} WHERE id = 1`;
    this.#hearer.onAppended(records.map(({ record }) => record));
  }

  async reinsert(records: readonly AuditRecord[]): Promise<void> {
    const last = records.at(-1);
    if (last === undefined) return;
    checkLinked(await this.#lockHead(), records);
    await this.#insert(records.map((record) => ({ record, event: record })));
    await this.#db.$executeRaw`
      UPDATE audit_head SET sequence = ${last.sequence}, hash = ${last.hash} WHERE id = 1`;
  }

  /** From here to the end of the transaction, nobody else appends. */
  async #lockHead(): Promise<ChainHead> {
    const [row] = await this.#db.$queryRaw<{ readonly sequence: bigint; readonly hash: string }[]>`
      SELECT sequence, hash FROM audit_head WHERE id = 1 FOR NO KEY UPDATE`;
    if (row === undefined) throw new TypeError('The audit chain has no head.');
    return { sequence: Number(row.sequence), hash: row.hash };
  }

  async #insert(
    entries: readonly { readonly record: AuditRecord; readonly event: Searched }[],
  ): Promise<void> {
    const records = entries.map(({ record }) => record);
    const events = entries.map(({ event }) => event);
    await this.#db.$executeRaw`
      INSERT INTO audit_records (sequence, id, at, organization_id, action, subject, actor,
        request_id, body, previous_hash, hash)
      SELECT * FROM unnest(
        ${records.map(({ sequence }) => sequence)}::bigint[],
        ${records.map(({ id }) => id)}::text[],
        ${records.map(({ at }) => at)}::timestamptz[],
        ${events.map(({ organizationId }) => organizationId)}::text[],
        ${events.map(({ action }) => action)}::text[],
        ${events.map(({ subject }) => subject)}::text[],
        ${records.map(({ actor }) => actor)}::text[],
        ${records.map(({ requestId }) => requestId)}::text[],
        ${records.map(({ body }) => body)}::text[],
        ${records.map(({ previousHash }) => previousHash)}::text[],
        ${records.map(({ hash }) => hash)}::text[])`;
  }
}

function matching(filter: AuditFilter): Prisma.AuditRecordWhereInput {
  const { organizationId, action, subject, actor, requestId, since, until } = filter;
  return {
    organizationId,
    ...(action === undefined ? {} : { action }),
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(requestId === undefined ? {} : { requestId }),
    at: {
      ...(since === undefined ? {} : { gte: since }),
      ...(until === undefined ? {} : { lt: until }),
    },
  };
}

/** The columns of a record in the order in which `readAfter` asks for them; the moment in milliseconds. */
type PackedRow = readonly [
  sequence: number,
  id: string,
  at: number,
  organizationId: string,
  action: string,
  subject: string,
  actor: string | null,
  requestId: string | null,
  body: string,
  previousHash: string,
  hash: string,
];

function unpack(row: PackedRow): AuditRecord {
  const [sequence, id, at, organizationId, action, subject, ...rest] = row;
  const [actor, requestId, body, previousHash, hash] = rest;
  return {
    ...{ sequence, id: id as EventId, at: new Date(at), organizationId, action, subject },
    ...{ actor, requestId, body, previousHash, hash },
  };
}

/** A row of the audit trail as the record that it holds. */
export function toAuditRecord(row: Row): AuditRecord {
  return {
    sequence: Number(row.sequence),
    id: row.id as EventId,
    at: row.at,
    organizationId: row.organizationId,
    action: row.action,
    subject: row.subject,
    actor: row.actor,
    requestId: row.requestId,
    body: row.body,
    previousHash: row.previousHash,
    hash: row.hash,
  };
}
