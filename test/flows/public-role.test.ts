import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/settings.ts';
import { createReplica, type Replica } from '../../src/replica.ts';
import { createService, type Service } from '../../src/service.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { freePort } from '../support/running-service.ts';

const token = `swt_${randomBytes(32).toString('base64url')}`;
const docs = readFileSync(resolve(import.meta.dirname, '../../docs/database.md'), 'utf8');
let folder: string;
let server: OwnPostgres;
let service: Service;
let replica: Replica;
let port: number;

/** The statements that the page gives, with `secret` for every password. */
function statementsOf(heading: string): string[] {
  const [, section = ''] = docs.split(`## ${heading}`);
  const [text = ''] = section.split('\n## ');
  return [...text.matchAll(/^ {4}([A-Z].*;)$/gm)].map(([, sql = '']) => sql.replace('…', 'secret'));
}

function settingsOf(changes: Record<string, string>) {
  const parsed = readSettings({
    SEALWRIGHT_URL: `http://localhost:${port}`,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

const publicEnvironment = () => ({
  SEALWRIGHT_ROLE: 'public',
  SEALWRIGHT_LISTEN: '127.0.0.1:0',
  SEALWRIGHT_DATA_DIR: join(folder, 'public-data'),
  DATABASE_URL: server.url('sealwright_public:secret', 'sealwright'),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-public-role-'));
  chmodSync(folder, 0o711);
  port = await freePort();
  server = await startOwnPostgres();
  // The superuser of the test server bears the name that the page gives to the role.
  const create = statementsOf('Create it').map((sql) =>
    sql.replace('ROLE sealwright', 'ROLE owner'),
  );
  expect(create).toHaveLength(3);
  for (const sql of create) await server.run(sql.replace('OWNER sealwright', 'OWNER owner'));
  service = await createService(
    settingsOf({
      SEALWRIGHT_DATA_DIR: join(folder, 'data'),
      SEALWRIGHT_ADMIN_TOKEN: token,
      DATABASE_URL: server.url('owner:secret', 'sealwright'),
    }),
  );
  const grants = statementsOf('A role that only reads');
  expect(grants).toHaveLength(4);
  for (const sql of grants) await server.run(sql, 'sealwright');
  replica = await createReplica(settingsOf(publicEnvironment()));
}, 60_000);

afterAll(async () => {
  await replica?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function call(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://localhost:${port}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(answer)).toBeLessThan(300);
  return answer;
}

async function read(origin: string, path: string) {
  const response = await fetch(origin + path);
  const { status, headers } = response;
  return { status, etag: headers.get('etag'), body: await response.text() };
}

const ours = (path: string) => read(`http://localhost:${port}`, path);
const theirs = (path: string) => read(replica.listening, path);

async function asPublicRole(sql: string): Promise<unknown> {
  const client = new pg.Client(server.url('sealwright_public:secret', 'sealwright'));
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a process of the public role, with exactly the grants of the page', () => {
  it('serves the same octets as the one that publishes them, and nothing else', async () => {
    await call('/agents', {
      handle: 'bot',
      kind: 'agent',
      name: 'Bot',
      owners: ['owner@acme.example'],
      keyCustody: 'registry',
    });
    const paths = ['/a/bot/client.json', '/a/bot', '/.well-known/did.json', '/status/1r'];
    for (const path of paths) {
      const served = await theirs(path);
      expect(served).toEqual(await ours(path));
      expect(served.status).toBe(200);
    }
    expect((await theirs('/a/none/client.json')).status).toBe(404);
    expect((await theirs('/api/v1/agents')).status).toBe(404);
    expect(await theirs('/readyz')).toMatchObject({
      status: 200,
      body: '{"status":"ok","checks":[{"name":"documents","ok":true},{"name":"database","ok":true,"needed":false}]}',
    });
  });

  it('shows a revocation and a retirement within two seconds', async () => {
    const { id } = await call('/agents/bot/credentials', {
      type: 'allowed-actions',
      reason: 'CHG-1',
      claims: { actions: [{ action: 'read', resource: 'logs' }] },
    });
    await theirs('/status/1r');
    await call(`/credentials/${String(id)}/revoke`, { reason: 'CHG-2' });
    const { etag } = await ours('/status/1r');
    await expect
      .poll(async () => (await theirs('/status/1r')).etag, { timeout: 2_000, interval: 50 })
      .toBe(etag);
    await call('/agents/bot/retire', { reason: 'CHG-3' });
    await expect
      .poll(async () => (await theirs('/a/bot/client.json')).status, { timeout: 2_000 })
      .toBe(410);
  }, 30_000);

  it('cannot write, nor read what is not public: the database says so', async () => {
    const refusal = { code: '42501' };
    await expect(
      asPublicRole("UPDATE public_documents SET body = 'x' WHERE path = '/a/bot/client.json'"),
    ).rejects.toMatchObject(refusal);
    await expect(
      asPublicRole('INSERT INTO public_documents SELECT * FROM public_documents'),
    ).rejects.toMatchObject(refusal);
    for (const table of ['agents', 'api_tokens', 'signing_keys', 'audit_records']) {
      await expect(asPublicRole(`SELECT * FROM ${table}`)).rejects.toMatchObject(refusal);
    }
    await expect(asPublicRole('CREATE TABLE mine (id int)')).rejects.toMatchObject(refusal);
  });

  it('serves what it has while the database is away, and follows again when it is back', async () => {
    const before = await theirs('/status/1s');
    expect(before.status).toBe(200);
    await server.run('ALTER ROLE sealwright_public NOLOGIN');
    await server.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sealwright_public'",
    );
    expect(await theirs('/status/1s')).toEqual(before);
    expect((await theirs('/a/never-read/client.json')).status).toBe(503);
    await call('/agents', {
      handle: 'other',
      kind: 'agent',
      name: 'Other',
      owners: ['owner@acme.example'],
      keyCustody: 'registry',
    });
    await call('/agents/other/suspend', { reason: 'CHG-4' });
    expect(await theirs('/status/1s')).toEqual(before);
    await server.run('ALTER ROLE sealwright_public LOGIN');
    const { etag } = await ours('/status/1s');
    expect(etag).not.toBe(before.etag);
    await expect
      .poll(async () => (await theirs('/status/1s')).etag, { timeout: 10_000 })
      .toBe(etag);
  }, 30_000);

  it('refuses to start on a schema of another release, older or newer', async () => {
    const stamp =
      "UPDATE _prisma_migrations SET migration_name = 'x' || migration_name WHERE migration_name LIKE '%first_tables'";
    await server.run(stamp, 'sealwright');
    const newer = await refusedStart();
    await server.run("DELETE FROM _prisma_migrations WHERE migration_name LIKE 'x%'", 'sealwright');
    const older = await refusedStart();
    expect(newer).toEqual([5, expect.stringContaining('a newer release was at work')]);
    expect(older).toEqual([5, expect.stringContaining('lacks the migrations')]);
  }, 60_000);
});

async function refusedStart(): Promise<[number, string]> {
  const main = resolve(import.meta.dirname, '../../dist/main.js');
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      ...publicEnvironment(),
      SEALWRIGHT_DATA_DIR: join(folder, 'refused'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return [code, said];
}
