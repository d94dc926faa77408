import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../../src/db/embedded-postgres.ts';

let dataDir: string;
let messages: string[];
const running: EmbeddedPostgres[] = [];

beforeAll(() => {
  dataDir = mkdtempSync('/tmp/sw-test-');
  chmodSync(dataDir, 0o755);
});

beforeEach(() => {
  messages = [];
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(directory = dataDir): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dataDir: directory, log: (text) => messages.push(text) });
  running.push(server);
  return server;
}

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
}

it('starts durable, without a network address, and keeps the data over a stop', async () => {
  const first = await start();
  expect(
    await query(
      first,
      `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
              current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS tcp,
              current_setting('server_encoding') AS encoding`,
    ),
  ).toEqual([{ fsync: 'on', pages: 'on', commit: 'on', tcp: '', encoding: 'UTF8' }]);
  await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  expect(await query(await start(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it('keeps its socket in a folder that only its account may enter', async () => {
  await start();
  expect(statSync(join(dataDir, 'postgres/socket')).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, 'postgres/data')).mode & 0o777).toBe(0o700);
});

it('takes over a server that a killed service left behind', async () => {
  const left = await start();
  const pid = postmasterPid();
  const next = await start();
  expect(postmasterPid()).toBe(pid);
  expect(next.connectionString).toBe(left.connectionString);
});

it('starts a server that dies again, under the same connection string', async () => {
  const server = await start();
  await query(server, 'CREATE TABLE acknowledged AS SELECT 42 AS answer');
  const killed = postmasterPid();
  process.kill(killed, 'SIGKILL');
  await expect.poll(postmasterPid, { timeout: 10_000 }).not.toBe(killed);
  await expect
    .poll(() => query(server, 'SELECT answer FROM acknowledged').catch(() => 'not yet'), {
      timeout: 10_000,
    })
    .toEqual([{ answer: 42 }]);
  expect(messages).toEqual(['The embedded PostgreSQL ended unexpectedly; it is started again.']);
});

it('starts although the process id of a killed server now belongs to something else', async () => {
  const first = await start();
  const file = join(dataDir, 'postgres/data/postmaster.pid');
  const text = readFileSync(file, 'utf8');
  await first.stop();
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  writeFileSync(file, text.replace(/^\d+/, String(other.pid)));
  try {
    expect(await query(await start(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    other.kill();
  }
});

it('works in a directory whose name is too long for a socket', async () => {
  const deep = join(dataDir, 'd'.repeat(120));
  const server = await start(deep);
  expect(server.dataDir).toBe(deep);
  expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('refuses to start on data of another PostgreSQL, and says why', async () => {
  const first = await start();
  await first.stop();
  const file = join(dataDir, 'postgres/data/PG_VERSION');
  const version = readFileSync(file, 'utf8');
  writeFileSync(file, '9\n');
  await expect(start()).rejects.toMatchObject({
    code: 'start-refused',
    detail: expect.stringContaining('incompatible'),
  });
  writeFileSync(file, version);
});

it('does not hand our environment to the server', async () => {
  process.env['SEALWRIGHT_TEST_SECRET'] = 'a-secret';
  try {
    const server = await start();
    await query(server, 'CREATE TABLE seen (line text)');
    await query(server, "COPY seen FROM PROGRAM 'env'");
    expect(await query(server, "SELECT line FROM seen WHERE line LIKE 'SEALWRIGHT%'")).toEqual([]);
    expect(await query(server, "SELECT line FROM seen WHERE line = 'TZ=UTC'")).toHaveLength(1);
  } finally {
    delete process.env['SEALWRIGHT_TEST_SECRET'];
  }
});

it('stops completely', async () => {
  const server = await start();
  const pid = postmasterPid();
  await server.stop();
  await delay(50);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
