import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../src/db/with-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const masterKey = randomBytes(32);
let place: string;
let service: RunningService;
let target: TestDatabase;
let privateJwk: Record<string, string>;
let file: string;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'sw-backup-'));
  file = join(place, 'registry.backup');
  service = await startRunningService({ masterKey: masterKey.toString('base64url') });
  target = await createTestDatabase('empty');
  const agent = { kind: 'agent', name: 'Bot', owners: ['owner@acme.example'] };
  await service.call('POST', '/agents', { ...agent, handle: 'kept', keyCustody: 'registry' });
  const issued = { ...agent, handle: 'issued', keyCustody: 'issued' };
  const { body } = await service.call('POST', '/agents', issued);
  privateJwk = body['privateJwk'] as Record<string, string>;
}, 60_000);

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await target?.drop();
  rmSync(place, { recursive: true, force: true });
});

function run(words: readonly string[], environment: Record<string, string> = {}) {
  return runRecorded([...words, '--json'], {
    env: {
      SEALWRIGHT_URL: service.url,
      SEALWRIGHT_DATA_DIR: join(place, 'data'),
      SEALWRIGHT_MASTER_KEY: masterKey.toString('base64url'),
      DATABASE_URL: service.connectionString,
      ...environment,
    },
  });
}

const onTarget = () => ({ DATABASE_URL: target.connectionString });

/** A backup of nothing but such a manifest, with the digest that it should have. */
function manifestAlone(manifest: string): Buffer {
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  return gzipSync(`{"manifest":${manifest},"sha256":"${sha256}"}\n`);
}

describe('a backup', () => {
  test('is written while the service runs, for its owner alone', async () => {
    const answer = await run(['backup', '--to', file]);
    expect(answer).toMatchObject({ code: 0 });
    const { tables, audit } = JSON.parse(answer.out);
    expect(tables).toContainEqual({ name: 'agents', rows: 2 });
    expect(audit.sequence).toBeGreaterThan(5);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await run(['backup', 'verify', file])).toMatchObject({ code: 0 });
  });

  test('holds no master key, no private key and no token that could be used', () => {
    const text = gunzipSync(readFileSync(file)).toString('latin1');
    expect(text).toContain('registry');
    const canaries = [masterKey, Buffer.from(privateJwk['d'] ?? '', 'base64url')].flatMap(
      (secret) => [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')],
    );
    for (const canary of [...canaries, service.token]) {
      expect(canary.length).toBeGreaterThan(20);
      expect(text.includes(canary)).toBe(false);
    }
  });

  test.each([
    ['cut off', (octets: Buffer) => octets.subarray(0, octets.length / 2)],
    [
      'without its last line',
      (octets: Buffer) => rewritten(octets, (text) => text.replace(/\{"manifest".*\n/, '')),
    ],
    [
      'with a row that was altered',
      (octets: Buffer) => rewritten(octets, (text) => text.replace('"issued"', '"forged"')),
    ],
    [
      'with a row too few',
      (octets: Buffer) => rewritten(octets, (text) => text.replace(/\n\[.*/, '')),
    ],
    [
      'with a manifest that was altered',
      (octets: Buffer) => rewritten(octets, (text) => text.replace('"rows":2', '"rows":3')),
    ],
    ['that is none', () => Buffer.from('not a backup')],
    [
      'with a table twice',
      (octets: Buffer) => rewritten(octets, (text) => text.replace(/(\{"part".*\n)/, '$1$1')),
    ],
    [
      'with a table that it does not mention',
      (octets: Buffer) =>
        rewritten(octets, (text) =>
          text.replace('{"manifest"', '{"part":"strangers"}\n{"manifest"'),
        ),
    ],
    ['with nothing for a manifest', () => manifestAlone('null')],
    [
      'with a manifest of no parts',
      () => manifestAlone('{"format":"sealwright-backup","version":1}'),
    ],
  ])('%s is not whole, and is not restored', async (_name, spoil) => {
    const spoiled = join(place, 'spoiled.backup');
    writeFileSync(spoiled, spoil(readFileSync(file)));
    expect(await run(['backup', 'verify', spoiled])).toMatchObject({ code: 1, out: '' });
    const answer = await run(['restore', '--from', spoiled], onTarget());
    expect(answer).toMatchObject({ code: 1, out: '' });
    expect(answer.err).toContain('backup-invalid');
  });

  test('that cannot be written leaves nothing behind', async () => {
    const answer = await run(['backup', '--to', '/sys/registry.backup']);
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('backup-failed');
  });
});

function rewritten(octets: Buffer, change: (text: string) => string): Buffer {
  const text = gunzipSync(octets).toString();
  const changed = change(text);
  if (changed === text) throw new Error('Nothing was changed.');
  return gzipSync(changed);
}

describe('a restore', () => {
  test('needs the master key that opens the private keys', async () => {
    const other = { SEALWRIGHT_MASTER_KEY: randomBytes(32).toString('base64url') };
    const answer = await run(['restore', '--from', file], { ...onTarget(), ...other });
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('The master key does not open');
  });

  test('leaves a database alone that is in use', async () => {
    const answer = await run(['restore', '--from', file]);
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('in use');
    expect((await service.call('GET', '/agents/kept')).status).toBe(200);
  });

  test('without a journal loads the state, closes its lists and says so in the trail', async () => {
    const answer = await run(['restore', '--from', file], onTarget());
    expect(answer).toMatchObject({ code: 0 });
    expect(JSON.parse(answer.out)).toMatchObject({ reinserted: 0, unreplayed: 0, lost: [] });
    const backup = join(place, 'again.backup');
    await run(['backup', '--to', backup], onTarget());
    const text = gunzipSync(readFileSync(backup)).toString();
    expect(text).toContain('registry.restored');
    expect(text).toContain('"1001"');
  });

  test('leaves the server with an idea of how much there is', async () => {
    const counted = await withClient(target.connectionString, async (client) => {
      const { rows } = await client.query(
        "SELECT reltuples::int AS count FROM pg_class WHERE oid = 'agents'::regclass",
      );
      return rows;
    });
    expect(counted).toEqual([{ count: 2 }]);
  });

  test('replays no journal that ends before what was signed, unless it is told to', async () => {
    const another = await createTestDatabase('empty');
    const auditDir = mkdtempSync(join(place, 'audit-'));
    const signedAt = '2026-11-22T12:00:00.000Z';
    const checkpoint = { size: 1_000, signedAt, note: 'localhost/audit\n1000\n' };
    writeFileSync(join(auditDir, 'checkpoints-2026-11.jsonl'), `${JSON.stringify(checkpoint)}\n`);
    const words = ['restore', '--from', file, '--replay'];
    const environment = {
      DATABASE_URL: another.connectionString,
      SEALWRIGHT_AUDIT_DIR: auditDir,
    };
    const answer = await run(words, environment);
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('the last checkpoint has 1000');
    expect(await run([...words, '--despite-gaps'], environment)).toMatchObject({ code: 0 });
    await another.drop();
  });

  test('with nothing to replay is refused', async () => {
    const answer = await run(['restore', '--replay'], onTarget());
    expect(answer).toMatchObject({ code: 5, out: '' });
    expect(answer.err).toContain('nothing to replay');
  });

  test('asks what is meant', async () => {
    expect(await run(['restore'])).toMatchObject({ code: 2, out: '' });
    expect(await run(['backup'])).toMatchObject({ code: 2, out: '' });
  });
});
