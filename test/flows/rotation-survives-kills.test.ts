import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, it } from 'vitest';
import { payloadOf } from '../journeys/registry-world.ts';
import { createTestDatabase } from '../support/database.ts';
import { freePort } from '../support/running-service.ts';

const main = resolve(import.meta.dirname, '../../dist/main.js');

/** The service as a process of its own, which can be killed and started again on the same database. */
async function openKillable() {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-kills-'));
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const gone = child;
    child = undefined;
    if (gone === undefined || gone.exitCode !== null || gone.signalCode !== null) return;
    const exit = once(gone, 'exit');
    gone.kill('SIGKILL');
    await exit;
  };
  const start = (): void => {
    const env = {
      PATH: process.env['PATH'],
      SEALWRIGHT_URL: url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
      SEALWRIGHT_DATA_DIR: dataDir,
      SEALWRIGHT_ADMIN_TOKEN: token,
      SEALWRIGHT_LOG_LEVEL: 'silent',
      DATABASE_URL: database.connectionString,
    };
    child = spawn(process.execPath, [main], { env, stdio: 'ignore' });
  };
  return {
    ...{ url, start, kill },
    ready: async (): Promise<void> => {
      for (let tries = 0; tries < 1_000; tries += 1) {
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
        if (answer?.status === 200) return;
        await sleep(50);
      }
      throw new Error('The service did not become ready.');
    },
    call: async (method: string, path: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await fetch(`${url}/api/v1${path}`, { method, headers, ...content })).json();
    },
    query: async (sql: string) => (await client.query(sql)).rows,
    /** The octets that are, or would be, served at a path. */
    document: async (path: string): Promise<string> => {
      const { rows } = await client.query(
        'SELECT body FROM public_documents WHERE path = $1 ORDER BY version DESC LIMIT 1',
        [path],
      );
      return rows[0].body.toString('utf8');
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await client.end();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

it('a rotation goes through although the service is killed in and between its steps', {
  timeout: 300_000,
}, async () => {
  await using service = await openKillable();
  service.start();
  await service.ready();
  await service.call('POST', '/agents', {
    ...{ handle: 'bot', kind: 'agent', name: 'Bot', owners: ['owner@acme.com'] },
    keyCustody: 'registry',
  });
  const begun = await service.call('POST', '/agents/bot/keys', {});
  const [former, next] = begun.keys.map(({ kid }: { kid: string }) => kid);
  const seen: string[] = [];
  const look = async (): Promise<void> => {
    const client = JSON.parse(await service.document('/a/bot/client.json'));
    const { jwkThumbprints } = payloadOf(client['vc+jwt']).credentialSubject;
    const { keys } = JSON.parse(await service.document('/a/bot/jwks.json'));
    const listed = keys.map(({ kid }: { kid: string }) => kid);
    expect(jwkThumbprints).toEqual(expect.arrayContaining(listed));
    const name = (kid: string) => (kid === former ? 'a' : kid === next ? 'b' : '?');
    const now = `${listed.map(name).join('')} of ${jwkThumbprints.map(name).join('')}`;
    if (seen.at(-1) !== now) seen.push(now);
  };
  await look();
  await service.kill();
  for (let starts = 0; starts < 40; starts += 1) {
    // Time is what the caches need; here it has passed.
    await service.query(`UPDATE key_rotations SET due_at = now() - interval '1 second'
      WHERE due_at IS NOT NULL`);
    const [left] = await service.query('SELECT step FROM key_rotations');
    if (left === undefined) break;
    service.start();
    // The first round comes before the service listens: it is killed anywhere in there.
    if (starts % 2 === 0) await sleep(400 + Math.random() * 1_600);
    else await service.ready();
    await service.kill();
    await look();
  }
  expect(await service.query('SELECT step FROM key_rotations')).toEqual([]);
  expect(seen).toEqual(['a of ab', 'ab of ab', 'b of ab', 'b of b']);
  service.start();
  await service.ready();
  const { keys, rotation } = await service.call('GET', '/agents/bot/keys');
  expect({ keys, rotation }).toMatchObject({
    keys: [{ kid: next, state: 'active' }],
    rotation: null,
  });
  expect(keys).toHaveLength(1);
  const states = await service.query(`
    SELECT s.revoked_at IS NOT NULL AS revoked FROM credentials c
      JOIN status_entries s ON s.list_id = c.status_list_id AND s.index = c.status_index
     WHERE c.type = 'passport' AND c.sealing = 'sealed' ORDER BY c.created_at, c.id`);
  expect(states.filter(({ revoked }) => !revoked).length).toBeGreaterThan(0);
  expect(states[0]).toEqual({ revoked: true });
  expect(await service.call('GET', '/audit/verify')).toMatchObject({ intact: true });
});
