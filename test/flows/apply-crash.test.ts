import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { madeAgent, manifestText } from '../support/made-manifest.ts';
import { type CliAnswer, runRecorded } from '../support/recording-terminal.ts';
import { freePort } from '../support/running-service.ts';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const count = 120;
const token = `swt_${randomBytes(32).toString('base64url')}`;

let folder: string;
let url: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-apply-crash-'));
  // Run as root, the database belongs to an unprivileged user who must be able to pass through.
  chmodSync(folder, 0o711);
  url = `http://localhost:${await freePort()}`;
});

afterEach(async () => {
  if (child !== undefined && child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<ChildProcess> {
  const started = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      SEALWRIGHT_URL: url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${new URL(url).port}`,
      SEALWRIGHT_DATA_DIR: join(folder, 'data'),
      SEALWRIGHT_ADMIN_TOKEN: token,
      SEALWRIGHT_LOG_LEVEL: 'silent',
    },
    stdio: 'ignore',
  });
  child = started;
  for (let waited = 0; waited < 60_000; waited += 50) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.status === 200) return started;
    await sleep(50);
  }
  throw new Error('The service did not become ready.');
}

function run(...words: readonly string[]): Promise<CliAnswer> {
  return runRecorded(words, { env: { SEALWRIGHT_SERVER: url, SEALWRIGHT_TOKEN: token } });
}

async function rowsOf(path: string): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let cursor = '';
  do {
    const response = await fetch(`${url}/api/v1${path}&limit=200${cursor}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const page: { data: Record<string, unknown>[]; next: string | null } = await response.json();
    rows.push(...page.data);
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  return rows;
}

it('a service that is killed in the middle of apply loses nothing, and the next apply doubles nothing', async () => {
  const file = join(folder, 'agents.yaml');
  const keysDir = join(folder, 'keys');
  const agents = Array.from({ length: count }, (_, number) => madeAgent(number));
  writeFileSync(file, manifestText(agents));
  const order = ['apply', '-f', file, '--keys-dir', keysDir, '--yes'];
  const service = await start();
  const applying = run(...order);
  for (;;) {
    const there = await rowsOf('/agents?state=active');
    if (there.length > 55) break;
    await sleep(5);
  }
  service.kill('SIGKILL');
  const interrupted = await applying;
  expect(interrupted.code).toBe(5);
  expect(interrupted.err).toContain('apply again for the rest.');
  await start();
  const before = (await rowsOf('/agents?state=active')).length;
  expect(before).toBeGreaterThan(55);
  expect(before).toBeLessThan(count);
  const finished = await run(...order);
  expect(finished).toMatchObject({ code: 0 });
  expect(finished.out).toBe(
    `${count - before} created, 0 changed, ${before} unchanged, 0 refused\n`,
  );
  expect((await rowsOf('/agents?state=active')).length).toBe(count);
  for (const type of ['allowed-actions', 'provenance']) {
    const held = await rowsOf(`/credentials?type=${type}&state=active`);
    expect(new Set(held.map(({ agent }) => agent)).size).toBe(count);
    expect(held).toHaveLength(count);
  }
  expect(readdirSync(keysDir)).toHaveLength(count);
  for (const { handle } of agents) {
    const { x, y } = JSON.parse(readFileSync(join(keysDir, `${handle}.jwk.json`), 'utf8'));
    const published = await fetch(`${url}/a/${handle}/jwks.json`);
    expect(await published.json()).toMatchObject({ keys: [{ x, y }] });
  }
  expect(await run('diff', '-f', file)).toMatchObject({ code: 0 });
}, 240_000);
