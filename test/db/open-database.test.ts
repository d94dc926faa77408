import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open-database.ts';
import { acme, documentAt, eventOn } from '../contracts/entities.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const clock = { now: () => new Date() };
let dataDir: string;
let database: TestDatabase;
let messages: string[];

beforeEach(async () => {
  dataDir = mkdtempSync('/tmp/sw-open-');
  database = await createTestDatabase('empty');
  messages = [];
});

afterEach(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function open(databaseUrl: string | undefined) {
  return openDatabase({
    dataDir,
    databaseUrl,
    maxConnections: 4,
    log: (text) => messages.push(text),
  });
}

it('opens the embedded database, which keeps what was written', async () => {
  {
    await using first = await open(undefined);
    const work = first.createUnitOfWork({ clock, onPublished: () => undefined });
    await work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.audit.append([eventOn(acme.id)]);
      await stores.documents.publishAll([documentAt('/a', 'kept')]);
    });
    expect(first.dataDir).toBe(dataDir);
  }
  await using second = await open(undefined);
  expect(await second.readers.organizations.list()).toEqual([acme]);
  expect(await second.readers.audit.readAfter(0, 5)).toHaveLength(1);
  expect(await second.readers.documents.find('/a')).toEqual({
    ...documentAt('/a', 'kept'),
    version: 1,
  });
  expect(messages).toEqual([]);
});

it('uses a server of one’s own, and starts none then', async () => {
  await using opened = await open(database.connectionString);
  expect(await opened.readers.organizations.list()).toEqual([]);
  expect(readdirSync(dataDir)).toEqual(['claims']);
});

it('lets no second service into the data directory, whatever the database', async () => {
  await using opened = await open(database.connectionString);
  const refusal = {
    code: 'start-refused',
    detail: expect.stringContaining(`process ${process.pid}`),
  };
  await expect(open(undefined)).rejects.toMatchObject(refusal);
  await expect(open(database.connectionString)).rejects.toMatchObject(refusal);
  expect(opened.dataDir).toBe(dataDir);
});

it('leaves nothing behind when it refuses to start', async () => {
  const admin = new pg.Client({ connectionString: database.connectionString });
  await admin.connect();
  const name = new URL(database.connectionString).pathname.slice(1);
  await admin.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  await admin.end();
  await expect(open(database.connectionString)).rejects.toMatchObject({
    code: 'start-refused',
    detail: expect.stringContaining('synchronous_commit is off'),
  });
  expect(readdirSync(join(dataDir, 'claims'))).toEqual([]);
});

it('says why when the server of DATABASE_URL does not answer', async () => {
  await expect(open('postgresql://me:hunter2@localhost/none?host=/nowhere')).rejects.toMatchObject({
    code: 'start-refused',
    detail:
      'The database cannot be used. Nothing listens for none on /nowhere. Start the server, or mend host and port in DATABASE_URL.',
  });
});
