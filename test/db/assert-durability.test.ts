import pg from 'pg';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { assertDurability } from '../../src/db/assert-durability.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase('empty');
});

afterEach(() => database.drop());

async function alter(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('serverUrl') });
  await client.connect();
  await client.query(sql);
  await client.end();
}

it('accepts the embedded server', async () => {
  await expect(assertDurability(database.connectionString)).resolves.toBeUndefined();
});

it('refuses a database that acknowledges before it has written, and says why', async () => {
  const name = new URL(database.connectionString).pathname.slice(1);
  await alter(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  await expect(assertDurability(database.connectionString)).rejects.toMatchObject({
    code: 'start-refused',
    detail:
      'The database is not safe. synchronous_commit is off: a revocation that was acknowledged could be forgotten.',
  });
});

it('accepts a commit that waits for this server alone', async () => {
  const name = new URL(database.connectionString).pathname.slice(1);
  await alter(`ALTER DATABASE ${name} SET synchronous_commit = 'local'`);
  await expect(assertDurability(database.connectionString)).resolves.toBeUndefined();
});
