import { mkdtempSync, rmSync } from 'node:fs';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { applyMigrations } from '../../src/db/apply-migrations.ts';
import { startPostgres } from '../../src/db/embedded-postgres.ts';
import { databaseUrl, templateName } from './database-url.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server for the whole run, with a migrated template database. */
    readonly serverUrl: string;
  }
}

/** One embedded server for the whole run; each test file takes databases of its own from it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync('/tmp/sealwright-test-');
  const server = await startPostgres({ dataDir, log: console.error });
  const client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
  await client.query(`CREATE DATABASE ${templateName}`);
  await client.end();
  await applyMigrations(databaseUrl(server.connectionString, templateName));
  project.provide('serverUrl', server.connectionString);
  return async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
