import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import {
  type StatusList,
  type StatusListId,
  type StatusReference,
  type StatusState,
  stateOf,
} from '../status/status-list.ts';
import type { StatusChange, StatusReader, StatusStore } from '../status/status-store.ts';
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
    const rows = await this.db.statusList.findMany({ orderBy: { id: 'asc' } });
    return rows.map(toStatusList);
  }

  async findList(id: StatusListId): Promise<StatusList | null> {
    const row = await this.db.statusList.findUnique({ where: { id } });
    return row === null ? null : toStatusList(row);
  }

  async readExceptions(
    id: StatusListId,
  ): Promise<readonly { readonly index: number; readonly state: StatusState }[]> {
    const rows = await this.db.statusEntry.findMany({
      where: {
        listId: id,
        OR: [
          { revokedAt: { not: null } },
          { suspendedAt: { not: null } },
          { agentSuspendedAt: { not: null } },
        ],
      },
      orderBy: { index: 'asc' },
    });
    return rows.map((row) => ({ index: row.index, state: stateOf(row) }));
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
             published_at AS "publishedAt"
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
        UPDATE status_entries SET ${column} = ${moment}::timestamptz
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
        publishedRevision: { lte: publication.revision },
        OR: [{ publishedAt: null }, { publishedAt: { lt: publication.at } }],
      },
      data: { publishedRevision: publication.revision, publishedAt: publication.at },
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

function toStatusList(row: Row): StatusList {
  return {
    ...row,
    id: row.id as StatusListId,
    organizationId: row.organizationId as OrganizationId,
  };
}
