import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { compareMigrations, hasHistory, type Migration } from './migration-history.ts';
import { withClient } from './with-client.ts';

/** The advisory lock that Prisma's own engine takes for the same work. */
const migrationLock = 72_707_369;

/** As Prisma creates it, so that `prisma migrate` goes on where we stop. */
const createHistory = `CREATE TABLE _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Brings the database to the schema that this release expects, one transaction per migration, and
 * returns the names of those it applied. Of services that start together one does the work while
 * the others wait. Throws `start-refused` when the history holds a migration that is unknown here
 * (a newer release was at work), that was edited after it was applied, or that never finished.
 * `only` leaves out all others, for a schema that is still to be what it was.
 */
export function applyMigrations(
  connectionString: string,
  only?: readonly string[],
): Promise<readonly string[]> {
  return withClient(connectionString, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    if (!(await hasHistory(client))) await client.query(createHistory);
    const { pending, trouble } = await compareMigrations(client);
    if (trouble !== null) throw new SealwrightError('start-refused', trouble);
    const meant = pending.filter(({ name }) => only?.includes(name) ?? true);
    for (const migration of meant) await applyMigration(client, migration);
    return meant.map(({ name }) => name);
  });
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
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SealwrightError(
      'start-refused',
      `The migration ${migration.name} failed and changed nothing: ${said}.`,
      { cause },
    );
  }
}
