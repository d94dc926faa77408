import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/running-service.ts';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const children: ChildProcess[] = [];

let dataDir: string;
let database: TestDatabase;
let port: number;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sealwright-start-'));
  chmodSync(dataDir, 0o711);
  database = await createTestDatabase();
  port = await freePort();
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Ending {
  readonly code: number | null;
  readonly said: string;
}

function environment(changes: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    SEALWRIGHT_URL: `http://localhost:${port}`,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: dataDir,
    SEALWRIGHT_LOG_LEVEL: 'info',
    DATABASE_URL: database.connectionString,
    ...changes,
  };
}

function start(changes: Record<string, string> = {}): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [main], { env: environment(changes), stdio: 'pipe' });
  children.push(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { child, said: () => Buffer.concat(chunks).toString() };
}

async function refusedStart(changes: Record<string, string> = {}): Promise<Ending> {
  const { child, said } = start(changes);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: said() };
}

async function ready(started: { child: ChildProcess; said: () => string }): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    if (started.said().includes('"ready"')) return;
    if (started.child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error(`not ready: ${started.said()}`);
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('the start', () => {
  it('serves, says nothing secret, and stops on SIGTERM with exit code 0', async () => {
    const token = `swt_${randomBytes(32).toString('base64url')}`;
    const password = randomBytes(16).toString('hex');
    const withPassword = new URL(database.connectionString);
    withPassword.password = password;
    const started = start({
      SEALWRIGHT_ADMIN_TOKEN: token,
      SEALWRIGHT_LOG_LEVEL: 'trace',
      DATABASE_URL: withPassword.href,
      DEBUG: '*',
    });
    await ready(started);
    await fetch(`http://localhost:${port}/api/v1/organization?access_token=${token}`);
    const answer = await fetch(`http://localhost:${port}/.well-known/did.json`);
    expect(answer.status).toBe(200);
    expect(await stop(started.child)).toBe(0);
    expect(started.said()).not.toContain(token);
    expect(started.said()).not.toContain(password);
    expect(started.said()).not.toContain(database.connectionString);
  });

  it('ends at once on a second SIGTERM, whatever is still under way', async () => {
    const started = start({ SEALWRIGHT_DRAIN_S: '15' });
    await ready(started);
    started.child.kill('SIGTERM');
    await expect
      .poll(async () => (await fetch(`http://localhost:${port}/readyz`)).status, { timeout: 5_000 })
      .toBe(503);
    expect(started.child.exitCode).toBeNull();
    const since = performance.now();
    expect(await stop(started.child)).toBe(1);
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('prints every fault of a broken configuration at once and exits 2', async () => {
    const { code, said } = await refusedStart({
      SEALWRIGHT_URL: 'http://192.0.2.1',
      SEALWRIGHT_LISTEN: 'nowhere',
      SEALWRIGHT_TYPO: '1',
    });
    expect(code).toBe(2);
    expect(said).toContain('SEALWRIGHT_URL');
    expect(said).toContain('SEALWRIGHT_LISTEN');
    expect(said).toContain('SEALWRIGHT_TYPO');
  });

  it('refuses a second service on the same data directory', async () => {
    const first = start();
    await ready(first);
    const { code, said } = await refusedStart({ SEALWRIGHT_LISTEN: '127.0.0.1:0' });
    expect(code).toBe(5);
    expect(said).toContain('Another service');
    expect(await stop(first.child)).toBe(0);
  });

  it('refuses a changed SEALWRIGHT_URL once agents exist', async () => {
    const token = `swt_${randomBytes(32).toString('base64url')}`;
    const first = start({ SEALWRIGHT_ADMIN_TOKEN: token });
    await ready(first);
    const onboarded = await fetch(`http://localhost:${port}/api/v1/agents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        handle: 'bot',
        kind: 'agent',
        name: 'Bot',
        owners: ['owner@acme.example'],
        keyCustody: 'registry',
      }),
    });
    expect(onboarded.status).toBe(201);
    await stop(first.child);
    const { code, said } = await refusedStart({ SEALWRIGHT_URL: 'https://id.acme.example' });
    expect(code).toBe(5);
    expect(said).toContain('would rename every identity');
  });

  it('refuses a master key that opens nothing, and a lost one', async () => {
    const first = start();
    await ready(first);
    await stop(first.child);
    const wrong = await refusedStart({
      SEALWRIGHT_MASTER_KEY: randomBytes(32).toString('base64url'),
    });
    expect(wrong.code).toBe(5);
    expect(wrong.said).toContain('does not open');
    rmSync(join(dataDir, 'master.key'));
    const lost = await refusedStart();
    expect(lost.code).toBe(5);
    expect(lost.said).toContain('master key');
  });

  it('refuses a database that may forget what it acknowledged', async () => {
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const { pathname } = new URL(database.connectionString);
    await client.query(`ALTER DATABASE ${pathname.slice(1)} SET synchronous_commit = off`);
    await client.end();
    const { code, said } = await refusedStart();
    expect(code).toBe(5);
    expect(said).toContain('synchronous_commit is off');
  });
});
