import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/doctor/check.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let running: RunningService;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  running = await startRunningService();
  env = {
    SEALWRIGHT_URL: running.url,
    SEALWRIGHT_SERVER: running.address,
    SEALWRIGHT_DATA_DIR: running.dataDir,
    DATABASE_URL: running.connectionString,
  };
});

afterAll(() => running[Symbol.asyncDispose]());

async function examine(changes: Readonly<Record<string, string>> = {}) {
  const { code, out } = await runRecorded(['doctor', '--json'], { env: { ...env, ...changes } });
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: readonly CheckResult[] };
  const troubled = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'warn');
  return { code, ok, checks, troubled };
}

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: running.connectionString });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

describe('doctor', () => {
  it('finds a running service in order', async () => {
    const { code, ok, checks, troubled } = await examine();
    expect(troubled).toEqual([]);
    expect([code, ok]).toEqual([0, true]);
    expect(checks.map(({ id, outcome }) => `${outcome} ${id}`)).toEqual([
      'pass node',
      'pass debug-output',
      'pass data-directory',
      'pass disk-space',
      'pass database',
      'pass keys',
      'pass status-lists',
      'pass service',
      'pass public-documents',
      'pass public-documents',
      'pass public-clock',
      'skipped public-certificate',
    ]);
  });

  it('says what it found in lines, with the fix below', async () => {
    const { code, out } = await runRecorded(['doctor'], { env: { ...env, DEBUG: 'veramo:*' } });
    expect(code).toBe(1);
    expect(out).toContain('✔ database              fit for the service, and durable\n');
    expect(out).toContain('✖ debug-output          DEBUG is set:');
    expect(out).toContain('  fix                   Unset DEBUG for the service.\n');
  });

  it('finds a master key that opens nothing', async () => {
    const { code, troubled } = await examine({
      SEALWRIGHT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
    });
    expect([code, troubled.map(({ id }) => id)]).toEqual([1, ['keys']]);
    expect(troubled[0]?.detail).toMatch(
      /^The master key does not open [1-9] of [1-9] private keys, first key_/,
    );
  });

  it('finds a data directory that others may write into, and one without a master key', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-doctor-'));
    chmodSync(dataDir, 0o777);
    const { code, troubled } = await examine({ SEALWRIGHT_DATA_DIR: dataDir });
    rmSync(dataDir, { recursive: true });
    expect([code, troubled.map(({ id }) => id)]).toEqual([1, ['data-directory', 'keys']]);
    expect(troubled[1]?.detail).toContain('There is a database but no master key');
  });

  it('finds a list that nobody signs any more', async () => {
    const setBack = (interval: string) =>
      sql(`UPDATE status_lists SET published_at = now() - interval '${interval}'`);
    await setBack('7 minutes');
    const late = await examine();
    await setBack('20 minutes');
    const expired = await examine();
    await setBack('0 minutes');
    expect([late.code, late.troubled.map(({ outcome }) => outcome)]).toEqual([0, ['warn']]);
    expect([expired.code, expired.troubled.map(({ outcome }) => outcome)]).toEqual([1, ['fail']]);
    expect(expired.troubled[0]?.detail).toContain('credentials in it are undetermined');
  });

  it('finds a public URL that leads elsewhere', async () => {
    const { code, troubled } = await examine({ SEALWRIGHT_URL: `${running.url}/o/nobody` });
    expect([code, troubled.map(({ id, detail }) => `${id} ${detail}`)]).toEqual([
      1,
      [
        `public-documents ${running.url}/o/nobody/did.json answers 404.`,
        `public-documents ${running.url}/o/nobody/jwks.json answers 404.`,
      ],
    ]);
  });

  it('takes a service that does not run for one to be started, and settings as they are', async () => {
    const unused = { SEALWRIGHT_SERVER: 'http://localhost:9' };
    const { code, checks } = await examine(unused);
    expect([code, checks.find(({ id }) => id === 'service')?.outcome]).toEqual([0, 'skipped']);
    const wrong = await examine({ SEALWRIGHT_LISTEN: 'nowhere', SEALWRIGHT_TYPO: '1' });
    expect(wrong.code).toBe(1);
    expect(wrong.troubled.map(({ id, detail }) => `${id} ${detail.split(' ')[0]}`)).toEqual([
      'settings SEALWRIGHT_TYPO',
      'settings SEALWRIGHT_LISTEN',
    ]);
  });
});
