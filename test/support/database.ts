import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { databaseUrl, templateName } from './database-url.ts';

/** Foreign keys wait; the audit chain begins again, as after the migrations. */
const deleteAllRows = `
  SET session_replication_role = replica;
  DO $$
  DECLARE name text;
  BEGIN
    FOR name IN SELECT tablename FROM pg_tables
      WHERE schemaname = 'public' AND tablename NOT IN ('_prisma_migrations', 'audit_head')
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  END $$;
  UPDATE audit_head SET sequence = 0, hash = repeat('0', 64)`;

/** A database of one's own on the run's embedded server. */
export interface TestDatabase {
  readonly connectionString: string;
  /** Takes every row out again, which is much faster than another database. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

/**
 * A fresh, migrated database, copied from the template in a few hundredths of a second;
 * `empty` gives one without any table. Drop it when the tests that use it are done.
 */
export async function createTestDatabase(
  kind: 'migrated' | 'empty' = 'migrated',
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = kind === 'migrated' ? templateName : 'template0';
  await runOn(inject('serverUrl'), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const connectionString = databaseUrl(inject('serverUrl'), name);
  return {
    connectionString,
    clear: () => runOn(connectionString, deleteAllRows),
    drop: () => runOn(inject('serverUrl'), `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function runOn(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
