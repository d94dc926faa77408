import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { withClient } from './with-client.ts';

const migrationsDir = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));
/** The advisory lock that Prisma's own engine takes for the same work. */
const migrationLock = 72_707_369;

/** As Prisma creates it, so that `prisma migrate` goes on where we stop. */
const createHistory = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** sha-256 of the file, in hex. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Brings the database to the schema that this release expects, one transaction per migration, and
 * returns the names of those it applied. Of services that start together one does the work while
 * the others wait. Throws `start-refused` when the history holds a migration that is unknown here
 * (a newer release was at work), that was edited after it was applied, or that never finished.
 */
export function applyMigrations(connectionString: string): Promise<readonly string[]> {
  return withClient(connectionString, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(createHistory);
    const pending = pendingMigrations(readMigrations(), await readHistory(client));
    for (const migration of pending) await applyMigration(client, migration);
    return pending.map(({ name }) => name);
  });
}

function readMigrations(): readonly Migration[] {
  return readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function readHistory(client: pg.Client): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

function pendingMigrations(
  known: readonly Migration[],
  history: readonly AppliedMigration[],
): readonly Migration[] {
  for (const { name, checksum, finished } of history) {
    const migration = known.find((candidate) => candidate.name === name);
    if (migration === undefined) {
      refuse(
        `The database has the migration ${name}, which this release does not know: a newer release was at work.`,
      );
    }
    if (!finished) refuse(`The migration ${name} was begun and never finished.`);
    if (migration.checksum !== checksum) {
      refuse(`The migration ${name} is not the one that was applied to the database.`);
    }
  }
  const applied = new Set(history.map(({ name }) => name));
  return known.filter(({ name }) => !applied.has(name));
}

function refuse(detail: string): never {
  throw new SealwrightError('start-refused', detail);
}

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    throw new SealwrightError(
      'start-refused',
      `The migration ${migration.name} failed and changed nothing.`,
      { cause },
    );
  }
}
