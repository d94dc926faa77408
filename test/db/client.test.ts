import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClient } from '../../src/db/client.ts';
import { createReaders } from '../../src/db/create-readers.ts';
import { PostgresUnitOfWork } from '../../src/db/unit-of-work.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { acme, documentAt, organizationNamed } from '../contracts/entities.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const clock = { now: () => new Date() };
const onPublished = () => undefined;
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

it('keeps moments whatever the time zone of the database, in the hour that comes twice too', async () => {
  const { connectionString } = database;
  const admin = new pg.Client({ connectionString });
  await admin.connect();
  const name = new URL(connectionString).pathname.slice(1);
  await admin.query(`ALTER DATABASE ${name} SET timezone = 'America/New_York'`);
  await admin.end();
  const client = createClient(connectionString);
  const moments = ['2026-11-01T05:30:00.007Z', '2026-11-01T06:30:00.007Z'];
  for (const [place, moment] of moments.entries()) {
    const organization = { ...organizationNamed(`org${place}`), createdAt: new Date(moment) };
    await new PostgresUnitOfWork({ client, clock, onPublished }).run(({ organizations }) =>
      organizations.insert(organization),
    );
  }
  const stored = await createReaders(client).organizations.list();
  expect(stored.map(({ createdAt }) => createdAt.toISOString())).toEqual(moments);
  const [row] = await client.$queryRaw<{ epoch: number }[]>`
    SELECT extract(epoch FROM max(created_at))::float8 AS epoch FROM organizations`;
  expect(row?.epoch).toBe(1793514600.007);
  await client.$disconnect();
});

it('says that storage is unavailable when there is no server', async () => {
  const client = createClient('postgresql://sealwright@localhost/none?host=/nowhere');
  const refusal = { code: 'storage-unavailable', detail: 'The database cannot be reached.' };
  await expect(createReaders(client).organizations.list()).rejects.toMatchObject(refusal);
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  await expect(work.run(async () => 1)).rejects.toMatchObject(refusal);
  await client.$disconnect();
});

it('says that storage is unavailable when the connection breaks, and goes on with a new one', async () => {
  const client = createClient(database.connectionString);
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const broken = work.run(async (stores) => {
    await stores.organizations.insert(acme);
    await kill(database.connectionString);
    await stores.organizations.list();
  });
  await expect(broken).rejects.toMatchObject({ code: 'storage-unavailable' });
  expect(await createReaders(client).organizations.list()).toEqual([]);
  await work.run(({ organizations }) => organizations.insert(acme));
  expect(await createReaders(client).organizations.list()).toEqual([acme]);
  await client.$disconnect();
});

it('says that storage is unavailable when the server falls silent, and goes on after that', async () => {
  const passage = await openPassage(database.connectionString);
  const client = createClient(passage.connectionString, { silentMs: 300 });
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const silent = work.run(async ({ organizations }) => {
    await organizations.insert(acme);
    passage.silence();
    await organizations.list();
  });
  await expect(silent).rejects.toMatchObject({ code: 'storage-unavailable' });
  passage.reopen();
  await expect.poll(() => work.run(({ organizations }) => organizations.list())).toEqual([]);
  await client.$disconnect();
  await passage.close();
});

it('outlives a server that ends with its answer a connection for which others wait', async () => {
  const passage = await openPassage(database.connectionString);
  const client = createClient(passage.connectionString, { maxConnections: 1 });
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const { organizations } = createReaders(client);
  expect(await organizations.list()).toEqual([]);
  passage.endWithNextAnswer();
  const [answered, waiting] = await Promise.allSettled([
    organizations.list(),
    work.run((stores) => stores.organizations.insert(acme)),
  ]);
  expect(answered).toEqual({ status: 'fulfilled', value: [] });
  expect(waiting).toMatchObject({ reason: { code: 'storage-unavailable' } });
  expect(await organizations.list()).toEqual([]);
  await client.$disconnect();
  await passage.close();
});

it('names the documents of a commit whose answer is lost, and only of such a one', async () => {
  const passage = await openPassage(database.connectionString);
  const client = createClient(passage.connectionString, { silentMs: 300 });
  const doubtful: string[] = [];
  const work = new PostgresUnitOfWork({
    ...{ client, clock, onPublished },
    onDoubtful: (documents) => doubtful.push(...documents.map(({ path }) => path)),
  });
  const lost = { code: 'storage-unavailable' };
  const broken = work.run(async ({ documents }) => {
    await documents.publishAll([documentAt('/a/broken/client.json', '{}')]);
    passage.silence();
    await documents.find('/');
  });
  await expect(broken).rejects.toMatchObject(lost);
  passage.reopen();
  const unheard = work.run(async ({ documents }) => {
    await documents.publishAll([documentAt('/a/billing-bot/client.json', '{}')]);
    passage.deafen();
  });
  await expect(unheard).rejects.toMatchObject(lost);
  expect(doubtful).toEqual(['/a/billing-bot/client.json']);
  passage.reopen();
  const stored = createReaders(client).documents;
  expect(await stored.find('/a/billing-bot/client.json')).toMatchObject({ version: 1 });
  expect(await stored.find('/a/broken/client.json')).toBeNull();
  await client.$disconnect();
  await passage.close();
});

it('runs work again that lost a race, then gives up', async () => {
  const client = createClient(database.connectionString);
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const lose = (times: number) => {
    let runs = 0;
    return work.run(async ({ organizations }) => {
      runs += 1;
      if (runs <= times) throw new SealwrightError('conflict-retry', 'lost');
      await organizations.insert(acme);
      return runs;
    });
  };
  await expect(lose(6)).rejects.toMatchObject({
    code: 'conflict-retry',
    detail: 'Others changed the same things at the same time. Try again.',
  });
  expect(await lose(5)).toBe(6);
  await client.$disconnect();
});

it('runs the loser of a deadlock again', async () => {
  const client = createClient(database.connectionString);
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  let runs = 0;
  let holding = 0;
  let meet = (): void => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const crossing = (first: string, second: string) =>
    work.run(async ({ organizations }) => {
      runs += 1;
      await organizations.insert(organizationNamed(first));
      holding += 1;
      // Only when each holds what the other wants do they lock each other out.
      if (holding === 2) meet();
      await met;
      await organizations.insert(organizationNamed(second)).catch((error: unknown) => {
        if (error instanceof SealwrightError) return;
        throw error;
      });
      if (runs > 2) return 'again';
      throw new Error('undone');
    });
  const outcomes = await Promise.allSettled([crossing('a', 'b'), crossing('b', 'a')]);
  expect(runs).toBeGreaterThan(2);
  expect(outcomes.map(({ status }) => status).sort()).toContain('fulfilled');
  await client.$disconnect();
});

it.each([
  ['lock_timeout', 'conflict-retry', 'longer than this may wait'],
  ['statement_timeout', 'storage-unavailable', 'took too long over its work'],
])('says what happened when %s ends a wait for others', async (limit, code, detail) => {
  const client = createClient(database.connectionString);
  const hasty = createClient(withOption(database.connectionString, `-c ${limit}=200ms`));
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const hastyWork = new PostgresUnitOfWork({ client: hasty, clock, onPublished });
  await work.run(async ({ organizations }) => {
    await organizations.insert(acme);
    await expect(
      hastyWork.run((stores) => stores.organizations.insert(acme)),
    ).rejects.toMatchObject({ code, detail: expect.stringContaining(detail) });
  });
  expect(await createReaders(hasty).organizations.list()).toEqual([acme]);
  await Promise.all([client.$disconnect(), hasty.$disconnect()]);
});

it('loses a transaction that stands still, so that others need not wait for it', async () => {
  const option = '-c idle_in_transaction_session_timeout=200ms';
  const client = createClient(withOption(database.connectionString, option));
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const still = work.run(async ({ organizations }) => {
    await organizations.insert(acme);
    await delay(1_000);
    await organizations.list();
  });
  await expect(still).rejects.toMatchObject({ code: 'storage-unavailable' });
  expect(await createReaders(client).organizations.list()).toEqual([]);
  await client.$disconnect();
});

it('opens no more connections than it may', async () => {
  const client = createClient(database.connectionString, { maxConnections: 3 });
  const counts = await Promise.all(
    Array.from(
      { length: 12 },
      () =>
        client.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count, pg_sleep(0.05)::text FROM pg_stat_activity
         WHERE datname = current_database()`,
    ),
  );
  expect(Math.max(...counts.flat().map(({ count }) => count))).toBe(3);
  await client.$disconnect();
});

it('passes a mistake of our own on as it is', async () => {
  const client = createClient(database.connectionString);
  const work = new PostgresUnitOfWork({ client, clock, onPublished });
  const orphan = { ...organizationNamed('x'), name: 'null \u0000 byte' };
  await expect(work.run(({ organizations }) => organizations.insert(orphan))).rejects.not.toThrow(
    SealwrightError,
  );
  await client.$disconnect();
});

function withOption(connectionString: string, option: string): string {
  const url = new URL(connectionString);
  url.searchParams.set('options', option);
  return url.href;
}

/** What PostgreSQL says when it is ready for the next query, but for its last octet. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5]);

/** What PostgreSQL says, unasked, when it ends a connection. */
function farewell(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.byteLength + length.byteLength);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}

/** A way to the database that may go silent: open, and nothing comes through. */
async function openPassage(connectionString: string) {
  const url = new URL(connectionString);
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-passage-'));
  const target = join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432');
  const sockets: Socket[] = [];
  let isLastAnswer = false;
  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    sockets.push(near, far);
    const answers = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const ends = isLastAnswer && chunk.subarray(-6, -1).equals(readyForQuery);
        if (ends) isLastAnswer = false;
        done(null, ends ? Buffer.concat([chunk, farewell()]) : chunk);
      },
    });
    near.pipe(far).pipe(answers).pipe(near);
  }).listen(join(folder, '.s.PGSQL.5432'));
  await once(server, 'listening');
  url.searchParams.set('host', folder);
  return {
    connectionString: url.href,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    /** What is said still arrives; the answers do not. */
    deafen: () => {
      for (const socket of sockets.filter((_, place) => place % 2 === 1)) socket.unpipe().pause();
    },
    /** The next answer and the word that the connection ends arrive as one. */
    endWithNextAnswer: () => {
      isLastAnswer = true;
    },
    reopen: () => {
      for (const socket of sockets.splice(0)) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ends every other connection to the database, as an administrator could. */
async function kill(connectionString: string): Promise<void> {
  const admin = new pg.Client({ connectionString });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await admin.end();
}
