import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

const migrationsDir = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));

/**
 * How a migration says, in its first line, that it only adds: a process of the release before works
 * with the tables as they are after it. The history keeps the mark, for releases that do not know the
 * migration.
 */
const additionLine = /^-- Adds only: /;
/** What stands in the history then. */
export const additionMark = 'adds only';

/** One step of the schema, as this release has it. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** sha-256 of the file, in hex. */
  readonly checksum: string;
  /** Whether processes of the release before may go on, and start, once it is applied. */
  readonly isAddition: boolean;
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly logs: string | null;
  readonly finished: boolean;
}

/** How the schema of a database compares with the one that this release expects. */
export interface MigrationState {
  /** What is still to be applied, in order. */
  readonly pending: readonly Migration[];
  /** Why it cannot be: a newer release changed what this one needs, or the history is not ours; null mostly. */
  readonly trouble: string | null;
}

/** Compares the history that Prisma's table tells with the migrations of this release. */
export async function compareMigrations(client: pg.Client): Promise<MigrationState> {
  const known = readMigrations();
  const history = await readHistory(client);
  const applied = new Set(history.map(({ name }) => name));
  const pending = known.filter(({ name }) => !applied.has(name));
  const troubles = history.map((migration) => troubleOf(migration, known));
  return { pending, trouble: troubles.find((trouble) => trouble !== null) ?? null };
}

function troubleOf(
  { name, checksum, finished, logs }: AppliedMigration,
  known: readonly Migration[],
): string | null {
  const migration = known.find((candidate) => candidate.name === name);
  if (migration === undefined && finished && logs === additionMark) return null;
  if (migration === undefined) {
    return `The database has the migration ${name}, which this release does not know: a newer release was at work.`;
  }
  if (!finished) return `The migration ${name} was begun and never finished.`;
  return migration.checksum === checksum
    ? null
    : `The migration ${name} is not the one that was applied to the database.`;
}

function readMigrations(): readonly Migration[] {
  return readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8');
      return {
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
        isAddition: additionLine.test(sql),
      };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The names of the migrations that were applied, in order. */
export async function listApplied(client: pg.Client): Promise<readonly string[]> {
  return (await readHistory(client)).map(({ name }) => name);
}

/** Whether anything was ever migrated here. */
export async function hasHistory(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found",
  );
  return rows[0]?.found === true;
}

async function readHistory(client: pg.Client): Promise<readonly AppliedMigration[]> {
  if (!(await hasHistory(client))) return [];
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, logs, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}
