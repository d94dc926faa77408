import { afterAll, beforeAll, expect, it } from 'vitest';
import { Prisma } from '../../src/db/generated/client.ts';
import { readTables } from '../../src/db/read-tables.ts';
import { withClient } from '../../src/db/with-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

function tables() {
  return withClient(database.connectionString, readTables);
}

it('finds a table for every model, and no other', async () => {
  const found = (await tables()).map(({ name }) => name);
  const models = Object.keys(Prisma.ModelName);
  expect(models.length).toBeGreaterThan(10);
  expect(found).toHaveLength(models.length);
  expect(found).toEqual(expect.arrayContaining(['agents', 'audit_head', 'public_documents']));
});

it('names what others refer to before them', async () => {
  const found = (await tables()).map(({ name }) => name);
  for (const [first, second] of [
    ['organizations', 'agents'],
    ['agents', 'credentials'],
    ['status_lists', 'status_entries'],
    ['status_entries', 'credentials'],
  ] as const) {
    expect(found.indexOf(first)).toBeLessThan(found.indexOf(second));
  }
});

it('meets nothing that a copy of rows would not bring along', async () => {
  const { rows } = await withClient(database.connectionString, (client) =>
    client.query(
      `SELECT relname, attname, attidentity, attgenerated FROM pg_class
         LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        WHERE relnamespace = 'public'::regnamespace AND (attidentity <> '' OR attgenerated <> '')`,
    ),
  );
  expect(rows).toEqual([]);
});
