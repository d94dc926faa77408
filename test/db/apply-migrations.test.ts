import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyMigrations } from '../../src/db/apply-migrations.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** As Prisma's schema engine answers; it has no types of its own for this form. */
interface SchemaEngine {
  applyMigrations(input: object): Promise<{ readonly appliedMigrationNames: readonly string[] }>;
  diagnoseMigrationHistory(input: object): Promise<{
    readonly editedMigrationNames: readonly string[];
    readonly failedMigrationNames: readonly string[];
    readonly hasMigrationsTable: boolean;
    readonly history: unknown;
  }>;
}

interface SchemaEngineScript {
  openSchemaEngine(connectionString: string): Promise<SchemaEngine>;
  readMigrations(): object;
  draftMigration(engine: SchemaEngine): Promise<string>;
}

const root = resolve(import.meta.dirname, '../..');
const script: SchemaEngineScript = await import(resolve(root, 'scripts/schema-engine.mjs'));
const filters = { externalTables: [], externalEnums: [] };
const names = readdirSync(resolve(root, 'prisma/migrations'))
  .filter((name) => name !== 'migration_lock.toml')
  .sort();

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase('empty');
});

afterEach(() => database.drop());

async function query<Row extends object>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('applies every migration once', async () => {
  expect(await applyMigrations(database.connectionString)).toEqual(names);
  expect(await applyMigrations(database.connectionString)).toEqual([]);
  expect(await query('SELECT sequence, hash FROM audit_head')).toEqual([
    { sequence: '0', hash: '0'.repeat(64) },
  ]);
});

it('lets one of several services that start together do the work', async () => {
  const runs = await Promise.all(
    Array.from({ length: 4 }, () => applyMigrations(database.connectionString)),
  );
  expect(runs.flat()).toEqual(names);
});

it('leaves a history that Prisma takes for its own', async () => {
  await applyMigrations(database.connectionString);
  const engine = await script.openSchemaEngine(database.connectionString);
  const migrationsList = script.readMigrations();
  const order = { migrationsList, optInToShadowDatabase: false, filters };
  expect(await engine.diagnoseMigrationHistory(order)).toMatchObject({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
  const applied = await engine.applyMigrations({ migrationsList, filters });
  expect(applied.appliedMigrationNames).toEqual([]);
});

it('goes on where Prisma stopped', async () => {
  const engine = await script.openSchemaEngine(database.connectionString);
  const applied = await engine.applyMigrations({
    migrationsList: script.readMigrations(),
    filters,
  });
  expect(applied.appliedMigrationNames).toEqual(names);
  expect(await applyMigrations(database.connectionString)).toEqual([]);
});

it('leads to the models', async () => {
  const engine = await script.openSchemaEngine(database.connectionString);
  expect(await script.draftMigration(engine)).toContain('This is an empty migration.');
});

it.each([
  ['is unknown here', "migration_name = '29991231235959_later'", 'a newer release was at work'],
  ['was edited later', "checksum = repeat('0', 64)", 'is not the one that was applied'],
  ['never finished', 'finished_at = NULL', 'was begun and never finished'],
])('refuses to start when a migration %s', async (_, change, detail) => {
  await applyMigrations(database.connectionString);
  await query(`UPDATE _prisma_migrations SET ${change}`);
  await expect(applyMigrations(database.connectionString)).rejects.toMatchObject({
    code: 'start-refused',
    detail: expect.stringContaining(detail),
  });
});

it('lets an older release go on after a migration that only adds', async () => {
  await applyMigrations(database.connectionString);
  await query(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, logs)
    VALUES ('later', '0', '29991231235959_later', now(), 'adds only')`);
  expect(await applyMigrations(database.connectionString)).toEqual([]);
  await query("UPDATE _prisma_migrations SET finished_at = NULL WHERE id = 'later'");
  await expect(applyMigrations(database.connectionString)).rejects.toMatchObject({
    code: 'start-refused',
  });
});

it('marks in the history which migrations only add', async () => {
  await applyMigrations(database.connectionString);
  const marked = await query<{ migration_name: string }>(
    "SELECT migration_name FROM _prisma_migrations WHERE logs = 'adds only'",
  );
  expect(marked.map(({ migration_name }) => migration_name)).toContain(
    '20261122052737_publication_feed',
  );
});

it('waits for a table that is in use, and keeps others from it no longer than two seconds', async () => {
  await applyMigrations(database.connectionString);
  await query(`DELETE FROM _prisma_migrations WHERE migration_name LIKE '%publication_feed'`);
  await query('ALTER TABLE public_documents DROP COLUMN published_in');
  const user = new pg.Client({ connectionString: database.connectionString });
  await user.connect();
  await user.query('BEGIN');
  await user.query('SELECT * FROM public_documents');
  const applied = applyMigrations(database.connectionString);
  const waits: number[] = [];
  for (let reader = 0; reader < 4; reader += 1) {
    const began = performance.now();
    await query('SELECT * FROM public_documents');
    waits.push(performance.now() - began);
  }
  await user.query('COMMIT');
  await user.end();
  expect(await applied).toEqual(['20261122052737_publication_feed']);
  expect(Math.max(...waits)).toBeLessThan(4_000);
});

it('changes nothing when a migration fails', async () => {
  await query('CREATE TABLE audit_head (id int)');
  await expect(applyMigrations(database.connectionString)).rejects.toMatchObject({
    code: 'start-refused',
    detail: `The migration ${names[0]} failed and changed nothing: relation "audit_head" already exists.`,
  });
  expect(await query('SELECT migration_name FROM _prisma_migrations')).toEqual([]);
  expect(await query("SELECT 1 FROM pg_tables WHERE tablename = 'agents'")).toEqual([]);
});

it('remembers which organization of an earlier release is the first, and who was let in at its start', async () => {
  await applyMigrations(database.connectionString);
  await query(`
    ALTER TABLE organizations DROP COLUMN standing;
    ALTER TABLE api_tokens DROP COLUMN platform;
    INSERT INTO organizations (id, base_url, did, name, contact, created_at) VALUES
      ('org_1', 'http://localhost:8787', 'did:web:localhost%3A8787', 'a', 'a@a', now()),
      ('org_2', 'https://id.acme.com', 'did:web:id.acme.com', 'b', 'b@b', now()),
      ('org_3', 'https://id.acme.org', 'did:web:id.acme.org', 'c', 'c@c', now());
    INSERT INTO agents (id, organization_id, handle, kind, state, name, client_id, did, key_custody,
      created_at, updated_at, papers_revision, published_revision)
    VALUES ('agt_1', 'org_2', 'bot', 'agent', 'active', 'Bot', 'x', 'y', 'jwk', now(), now(), 0, 0);
    INSERT INTO api_tokens (id, organization_id, name, scopes, hash, created_at) VALUES
      ('tok_start', 'org_2', 'given at start', '{org:admin}', '1', now()),
      ('tok_api', 'org_2', 'first token', '{org:admin}', '2', now()),
      ('tok_job', 'org_2', 'workload: ci', '{org:admin}', '3', now());
    INSERT INTO audit_records (sequence, id, at, organization_id, action, subject, body,
      previous_hash, hash) VALUES
      (1, 'evt_1', now(), 'org_2', 'token.created', 'tok_start',
       '{"actor":{"id":"service","kind":"system"}}', '', 'a'),
      (2, 'evt_2', now(), 'org_2', 'token.created', 'tok_api',
       '{"actor":{"id":"service","kind":"token"}}', '', 'b'),
      (3, 'evt_3', now(), 'org_2', 'token.exchanged', 'tok_job',
       '{"actor":{"id":"token-exchange","kind":"system"}}', '', 'c');`);
  const folder = resolve(root, 'prisma/migrations', '20261122053000_organizations');
  await query(readFileSync(resolve(folder, 'migration.sql'), 'utf8'));
  expect(await query('SELECT id, standing FROM organizations ORDER BY id')).toEqual([
    { id: 'org_1', standing: 'former' },
    { id: 'org_2', standing: 'first' },
    { id: 'org_3', standing: 'former' },
  ]);
  expect(await query('SELECT id FROM api_tokens WHERE platform')).toEqual([{ id: 'tok_start' }]);
});
