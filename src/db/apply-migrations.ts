import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import {
  additionMark,
  compareMigrations,
  hasHistory,
  type Migration,
} from './migration-history.ts';
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

/** A lock that others hold keeps all who come after waiting, too: so long at most, and then again. */
const lockTimeout = '2s';
const mostAttempts = 30;
const pauseMs = 1_000;
const lockNotAvailable = '55P03';

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
    for (const migration of meant) await applyPatiently(client, migration);
    return meant.map(({ name }) => name);
  });
}

/** Processes of the release before go on meanwhile: what they hold is waited for, but not for long. */
async function applyPatiently(client: pg.Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyMigration(client, migration);
    } catch (cause) {
      await client.query('ROLLBACK');
      const isBlocked = cause instanceof pg.DatabaseError && cause.code === lockNotAvailable;
      if (!isBlocked || attempt === mostAttempts) throw failed(migration, cause);
    }
    await delay(pauseMs * Math.random());
  }
}

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = '${lockTimeout}'`);
  await client.query(migration.sql);
  await client.query(
    `INSERT INTO _prisma_migrations
       (id, checksum, migration_name, finished_at, applied_steps_count, logs)
     VALUES ($1, $2, $3, clock_timestamp(), 1, $4)`,
    [randomUUID(), migration.checksum, migration.name, migration.isAddition ? additionMark : null],
  );
  await client.query('COMMIT');
}

function failed({ name }: Migration, cause: unknown): SealwrightError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SealwrightError(
    'start-refused',
    `The migration ${name} failed and changed nothing: ${said}.`,
    { cause },
  );
}
