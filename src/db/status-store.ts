import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { StatusList, StatusListId, StatusReference } from '../status/status-list.ts';
import type {
  StatusChange,
  StatusExceptions,
  StatusReader,
  StatusStore,
} from '../status/status-store.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import { Prisma, type StatusList as Row } from './generated/client.ts';

/** Status lists, and of their entries only those that are not valid. */
export class PostgresStatusReader implements StatusReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async listLists(): Promise<readonly StatusList[]> {
    const rows = await this.db.statusList.findMany({
      where: { retiredAt: null },
      orderBy: { id: 'asc' },
    });
    return rows.map(toStatusList);
  }

  async findList(id: StatusListId): Promise<StatusList | null> {
    const row = await this.db.statusList.findUnique({ where: { id } });
    return row === null ? null : toStatusList(row);
  }

  /** Four octets for each index: a million of them are rows that nobody has to make objects of. */
  async readExceptions(id: StatusListId): Promise<StatusExceptions> {
    const [row] = await this.db.$queryRaw<{ revoked: string | null; suspended: string | null }[]>`
      SELECT encode(string_agg(int4send(index), ''::bytea ORDER BY index) FILTER (WHERE revoked_at IS NOT NULL),
               'base64') AS revoked,
             encode(string_agg(int4send(index), ''::bytea ORDER BY index) FILTER (WHERE revoked_at IS NULL),
               'base64') AS suspended
        FROM status_entries
       WHERE list_id = ${id} AND (revoked_at IS NOT NULL OR suspended_at IS NOT NULL
                                  OR agent_suspended_at IS NOT NULL)`;
    return { revoked: toIndices(row?.revoked), suspended: toIndices(row?.suspended) };
  }
}

/** Changes entries in one statement, and counts the revision of each list in the order of ids. */
export class PostgresStatusStore extends PostgresStatusReader implements StatusStore {
  readonly #clock: Clock;

  constructor(db: Connection, clock: Clock) {
    super(db);
    this.#clock = clock;
  }

  async insertList(list: StatusList): Promise<void> {
    const data = { ...list, permutationKey: Uint8Array.from(list.permutationKey) };
    await refuseDuplicate(
      this.db.statusList.create({ data, select: { id: true } }),
      () => new SealwrightError('conflict-retry', 'Another list took this number.'),
    );
  }

  async takeIndices(
    organizationId: OrganizationId,
    count: number,
  ): Promise<{ readonly list: StatusList; readonly granted: number } | null> {
    const [row] = await this.db.$queryRaw<Row[]>`
      SELECT id, organization_id AS "organizationId", number, size, taken, revision,
             permutation_key AS "permutationKey", published_revision AS "publishedRevision",
             published_at AS "publishedAt", last_end AS "lastEnd", retired_at AS "retiredAt"
        FROM status_lists WHERE organization_id = ${organizationId}
       ORDER BY number DESC LIMIT 1 FOR NO KEY UPDATE`;
    if (row === undefined) return null;
    const granted = Math.min(count, row.size - row.taken);
    await this.db.statusList.updateMany({
      where: { id: row.id },
      data: { taken: row.taken + granted },
    });
    return { list: toStatusList(row), granted };
  }

  async insertEntries(
    entries: readonly (StatusReference & { readonly holder: string })[],
  ): Promise<void> {
    await refuseDuplicate(
      this.db.$executeRaw`
        INSERT INTO status_entries (list_id, index, holder)
        SELECT * FROM unnest(
          ${entries.map(({ listId }) => listId)}::text[],
          ${entries.map(({ index }) => index)}::int[],
          ${entries.map(({ holder }) => holder)}::text[])`,
      () => new SealwrightError('conflict-retry', 'A status index or its holder is in use.'),
    );
  }

  async change(holders: readonly string[], change: StatusChange): Promise<readonly StatusListId[]> {
    const [column, moment] = columnOf(change);
    if (moment === null) return this.#endSuspensions(holders, change);
    const touched = await this.db.$queryRaw<{ readonly id: StatusListId }[]>`
      WITH changed AS (
        UPDATE status_entries SET ${column} = ${moment}::timestamptz${andNoRenewal(change)}
         WHERE holder = ANY(${holders}) AND ${column} IS NULL
        RETURNING list_id)
      SELECT DISTINCT list_id AS id FROM changed ORDER BY id`;
    return this.#countRevisions(touched.map(({ id }) => id));
  }

  async #endSuspensions(
    holders: readonly string[],
    change: StatusChange,
  ): Promise<readonly StatusListId[]> {
    const [column] = columnOf(change);
    const cause = 'suspendedAt' in change ? 'itself' : 'agent';
    const touched = await this.db.$queryRaw<{ readonly id: StatusListId }[]>`
      WITH ending AS (
        SELECT holder, ${column} AS began_at FROM status_entries
         WHERE holder = ANY(${holders}) AND ${column} IS NOT NULL
         ORDER BY holder FOR NO KEY UPDATE),
      changed AS (
        UPDATE status_entries SET ${column} = NULL
          FROM ending WHERE status_entries.holder = ending.holder
        RETURNING list_id),
      kept AS (
        INSERT INTO ended_suspensions (holder, cause, began_at, ended_at)
        SELECT holder, ${cause}, began_at, GREATEST(began_at, ${this.#clock.now()}::timestamptz)
          FROM ending)
      SELECT DISTINCT list_id AS id FROM changed ORDER BY id`;
    return this.#countRevisions(touched.map(({ id }) => id));
  }

  async recordPublication(
    id: StatusListId,
    publication: { readonly revision: number; readonly at: Date },
  ): Promise<boolean> {
    const { count } = await this.db.statusList.updateMany({
      where: {
        id,
        retiredAt: null,
        publishedRevision: { lte: publication.revision },
        OR: [{ publishedAt: null }, { publishedAt: { lt: publication.at } }],
      },
      data: { publishedRevision: publication.revision, publishedAt: publication.at },
    });
    return count === 1;
  }

  async noteEnds(
    ends: readonly { readonly listId: StatusListId; readonly validUntil: Date }[],
  ): Promise<void> {
    await this.db.$executeRaw`
      UPDATE status_lists SET last_end = latest.end
        FROM (SELECT id, max(valid_until) AS end
                FROM unnest(
                  ${ends.map(({ listId }) => listId)}::text[],
                  ${ends.map(({ validUntil }) => validUntil)}::timestamptz[])
                  AS noted (id, valid_until)
               GROUP BY id) latest
       WHERE status_lists.id = latest.id
         AND (last_end IS NULL OR last_end < latest.end)`;
  }

  async retire(id: StatusListId, at: Date): Promise<boolean> {
    const { count } = await this.db.statusList.updateMany({
      where: { id, retiredAt: null },
      data: { retiredAt: at },
    });
    return count === 1;
  }

  /** In the order of ids, so that two changes of several lists wait and never deadlock. */
  async #countRevisions(ids: readonly StatusListId[]): Promise<readonly StatusListId[]> {
    for (const id of ids) {
      await this.db.statusList.updateMany({ where: { id }, data: { revision: { increment: 1 } } });
    }
    return ids;
  }
}

function columnOf(change: StatusChange): readonly [Prisma.Sql, Date | null] {
  if ('revokedAt' in change) return [Prisma.sql`revoked_at`, change.revokedAt];
  if ('suspendedAt' in change) return [Prisma.sql`suspended_at`, change.suspendedAt];
  return [Prisma.sql`agent_suspended_at`, change.agentSuspendedAt];
}

/** What is revoked is not renewed. */
function andNoRenewal(change: StatusChange): Prisma.Sql {
  return 'revokedAt' in change ? Prisma.sql`, renewal_due_at = NULL` : Prisma.empty;
}

function toIndices(base64: string | null | undefined): Uint32Array {
  const octets = Buffer.from(base64 ?? '', 'base64');
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const indices = new Uint32Array(octets.byteLength / 4);
  for (let place = 0; place < indices.length; place += 1) {
    indices[place] = view.getUint32(place * 4);
  }
  return indices;
}

function toStatusList(row: Row): StatusList {
  return {
    ...row,
    id: row.id as StatusListId,
    organizationId: row.organizationId as OrganizationId,
  };
}
