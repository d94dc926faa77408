import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/settings.ts';
import { type CertificateFiles, writeCertificates } from '../../src/demo/certificates.ts';
import { createService } from '../../src/service.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { type CliAnswer, runRecorded } from '../support/recording-terminal.ts';
import { freePort } from '../support/running-service.ts';

const token = `swt_${randomBytes(32).toString('base64url')}`;
let folder: string;
let dataDir: string;
let authority: CertificateFiles;
let server: OwnPostgres;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-move-'));
  chmodSync(folder, 0o711);
  dataDir = join(folder, 'data');
  authority = await writeCertificates(folder, { daysValid: 2 });
  server = await startOwnPostgres({
    tls: { cert: authority.certFile, key: authority.keyFile },
    access: ['hostssl all all 127.0.0.1/32 scram-sha-256'],
    // Nothing that a server likes to print otherwise may change what is moved.
    settings: { datestyle: 'german', bytea_output: 'escape', timezone: 'Asia/Tokyo' },
  });
  await server.run("CREATE ROLE app LOGIN PASSWORD 'canary'");
  port = await freePort();
}, 60_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const targetOf = (database: string) =>
  server.url('app:canary', database, `?sslmode=verify-full&sslrootcert=${authority.caFile}`);

function environment(databaseUrl?: string): Record<string, string> {
  return {
    SEALWRIGHT_URL: `http://localhost:${port}`,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: dataDir,
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
}

function start(databaseUrl?: string) {
  const settings = readSettings(environment(databaseUrl));
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  return createService(settings.value);
}

async function move(databaseUrl: string): Promise<CliAnswer> {
  const answer = await runRecorded(['database', 'move', '--json'], {
    env: environment(databaseUrl),
  });
  expect(answer.out + answer.err).not.toContain('canary');
  return answer;
}

async function call(method: string, path: string, body?: object) {
  const response = await fetch(`http://localhost:${port}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, string>;
  expect(response.status, JSON.stringify(answer)).toBeLessThan(300);
  return answer;
}

interface Served {
  readonly status: number;
  readonly etag: string | null;
  readonly body: string;
}

async function serve(paths: readonly string[]): Promise<Record<string, Served>> {
  const served = paths.map(async (path): Promise<[string, Served]> => {
    const response = await fetch(`http://localhost:${port}${path}`);
    const { status, headers } = response;
    return [path, { status, etag: headers.get('etag'), body: await response.text() }];
  });
  return Object.fromEntries(await Promise.all(served));
}

const paths = [
  '/.well-known/did.json',
  '/jwks.json',
  '/status/1r',
  '/status/1s',
  '/token-status/1',
  '/schemas/agent-authorization.v1.json',
  ...['client.json', 'did.json', 'jwks.json', 'credentials'].map((name) => `/a/bot/${name}`),
  '/a/bot',
  '/a/gone/client.json',
];

/** A registry with an agent, a credential that was revoked, and an agent that was retired. */
async function fill(): Promise<string> {
  for (const handle of ['bot', 'gone']) {
    await call('POST', '/agents', {
      handle,
      kind: 'agent',
      name: 'Bot „ä\\n"',
      owners: ['owner@acme.example'],
      keyCustody: 'registry',
      tags: ['a,b', 'NULL', '{}'],
    });
  }
  const credential = await call('POST', '/agents/bot/credentials', {
    type: 'allowed-actions',
    reason: 'CHG-1',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
  });
  const id = String(credential['id']);
  await call('POST', `/credentials/${id}/revoke`, { reason: 'CHG-2' });
  await call('POST', '/agents/gone/retire', { reason: 'CHG-3' });
  return id;
}

describe('a registry that outgrew its embedded database', () => {
  let before: Record<string, Served>;
  let revoked: string;

  beforeAll(async () => {
    await using service = await start();
    expect(service.url).toBe(`http://localhost:${port}`);
    revoked = await fill();
    before = await serve(paths);
    await server.run('CREATE DATABASE elsewhere OWNER app');
    const busy = await move(targetOf('elsewhere'));
    expect(busy.code).toBe(5);
    expect(JSON.parse(busy.err.split('\n').at(-2) ?? '').error.message).toContain(
      'Another service',
    );
  }, 120_000);

  it('is not moved by halves: what fails or is killed leaves both sides as they were', async () => {
    await server.run('CREATE DATABASE broken OWNER app');
    const target = targetOf('broken');
    await runRecorded(['config', 'check'], { env: environment(target) });
    const { applyMigrations } = await import('../../src/db/apply-migrations.ts');
    await applyMigrations(target);
    const hook = (body: string) => `
      CREATE OR REPLACE FUNCTION hook() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$`;
    await server.run(hook("RAISE 'no more room' USING ERRCODE = '53100';"), 'broken');
    await server.run(
      'CREATE TRIGGER hook BEFORE INSERT ON credentials FOR EACH ROW EXECUTE FUNCTION hook()',
      'broken',
    );
    const failed = await move(target);
    expect(failed.code).toBe(5);
    expect(failed.err).toContain('Nothing was moved.');
    expect(await server.run('SELECT * FROM organizations', 'broken')).toEqual([]);
    expect(existsSync(join(dataDir, 'database.moved'))).toBe(false);

    await server.run(hook('PERFORM pg_sleep(60);'), 'broken');
    const cli = resolve(import.meta.dirname, '../../dist/cli/cli.js');
    const child = spawn(process.execPath, [cli, 'database', 'move'], {
      env: { PATH: process.env['PATH'], ...environment(target) },
      stdio: 'ignore',
    });
    await expect
      .poll(() => server.run("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), {
        timeout: 30_000,
      })
      .toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await server.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    );
    expect(await server.run('SELECT * FROM organizations', 'broken')).toEqual([]);

    await server.run('DROP FUNCTION hook() CASCADE', 'broken');
    const moved = await move(target);
    expect(moved.code, moved.err).toBe(0);
    rmSync(join(dataDir, 'database.moved'));
  }, 120_000);

  it('serves the same octets from its new place, and remembers what it revoked', async () => {
    await server.run('CREATE DATABASE registry OWNER app');
    const { code, out, err } = await move(targetOf('registry'));
    expect(code, err).toBe(0);
    const moved = JSON.parse(out);
    expect(moved).toMatchObject({
      place: `registry on localhost:${server.port}`,
      markFile: join(dataDir, 'database.moved'),
    });
    const rows = new Map(
      moved.tables.map((table: { name: string; rows: number }) => [table.name, table.rows]),
    );
    expect(rows.get('agents')).toBe(2);
    expect(rows.get('audit_head')).toBe(1);
    const counted = "SELECT reltuples::int AS count FROM pg_class WHERE oid = 'agents'::regclass";
    expect(await server.run(counted, 'registry')).toEqual([{ count: 2 }]);

    await using service = await start(targetOf('registry'));
    expect(service.url).toBe(`http://localhost:${port}`);
    expect(await serve(paths)).toEqual(before);
    expect(before['/a/gone/client.json']?.status).toBe(410);
    expect(before['/status/1r']?.etag).toMatch(/^"/);
    expect((await call('GET', `/credentials/${revoked}`))['state']).toBe('revoked');
    expect(await call('GET', '/agents/bot')).toMatchObject({
      name: 'Bot „ä\\n"',
      tags: ['a,b', 'NULL', '{}'],
    });
    const verified = await runRecorded(['audit', 'verify', '--json'], {
      env: { SEALWRIGHT_SERVER: `http://localhost:${port}`, SEALWRIGHT_TOKEN: token },
    });
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.out).records).toBeGreaterThanOrEqual(moved.audit.records);
    // What needs the master key goes on as well.
    await call('POST', '/agents/bot/suspend', { reason: 'CHG-4' });
  }, 120_000);

  it('is not started by mistake where it was, nor moved twice to one place', async () => {
    await expect(start()).rejects.toMatchObject({
      code: 'start-refused',
      detail: expect.stringContaining(`was moved: registry on localhost:${server.port}.`),
    });
    const again = await move(targetOf('registry'));
    expect(again.code).toBe(5);
    expect(again.err).toContain('it holds an organization');
    expect(existsSync(join(dataDir, 'database.moved'))).toBe(true);
  }, 60_000);

  it('is not moved into tables of others, nor to a database with faults', async () => {
    await server.run('CREATE DATABASE crowded OWNER app');
    await server.run('CREATE TABLE invoices (id int)', 'crowded');
    const crowded = await move(targetOf('crowded'));
    expect([crowded.code, crowded.err]).toEqual([5, expect.stringContaining('such as invoices')]);
    await server.run('CREATE DATABASE unsafe OWNER app');
    await server.run('ALTER DATABASE unsafe SET synchronous_commit = off');
    const unsafe = await move(targetOf('unsafe'));
    expect([unsafe.code, unsafe.err]).toEqual([
      5,
      expect.stringContaining('synchronous_commit is off'),
    ]);
    const nowhere = await runRecorded(['database', 'move'], { env: environment() });
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('DATABASE_URL')]);
    const empty = await runRecorded(['database', 'move'], {
      env: { ...environment(targetOf('crowded')), SEALWRIGHT_DATA_DIR: join(folder, 'other') },
    });
    expect([empty.code, empty.err]).toEqual([5, expect.stringContaining('no embedded database')]);
  }, 60_000);
});
