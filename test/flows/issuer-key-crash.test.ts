import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/running-service.ts';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const token = `swt_${randomBytes(32).toString('base64url')}`;
const handles = Array.from({ length: 8 }, (_, place) => `bot-${place}`);
const readsLogs = { actions: [{ action: 'read', resource: 'logs/production' }] };

let dataDir: string;
let database: TestDatabase;
let url: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sealwright-issuer-'));
  chmodSync(dataDir, 0o711);
  database = await createTestDatabase();
  url = `http://localhost:${await freePort()}`;
});

afterEach(async () => {
  await kill();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SEALWRIGHT_URL: url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${new URL(url).port}`,
    SEALWRIGHT_DATA_DIR: dataDir,
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'warn',
    DATABASE_URL: database.connectionString,
  };
  child = spawn(process.execPath, [main], { env, stdio: 'ignore' });
  for (let waited = 0; waited < 30_000; waited += 50) {
    const answers = await fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (answers) return;
    await sleep(50);
  }
  throw new Error('the service does not answer');
}

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function onboard(handle: string): Promise<void> {
  const agent = { handle, kind: 'agent', name: handle, owners: ['lead@acme.example'] };
  await call('POST', '/agents', { ...agent, keyCustody: 'registry' });
  const facet = { type: 'allowed-actions', claims: readsLogs, reason: 'CHG-1' };
  await call('POST', `/agents/${handle}/credentials`, facet);
}

const clientIdOf = (handle: string) => `${url}/a/${handle}/client.json`;

async function passportOf(handle: string): Promise<string> {
  const document = (await (await fetch(clientIdOf(handle))).json()) as Record<string, string>;
  return document['vc+jwt'] ?? '';
}

function newVerifier(issuer: string) {
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer,
          clientIds: [`${url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
}

async function keys(): Promise<readonly Record<string, string>[]> {
  return (await call('GET', '/organization/keys'))['data'] as readonly Record<string, string>[];
}

const moments: Readonly<Record<string, () => Promise<string>>> = {
  'the key reads as revoked': () => textAt('/.well-known/did.json'),
  'a status list is signed anew': () => textAt('/status/1r'),
  'an agent has papers again': () => textAt('/a/bot-0/client.json'),
};

async function textAt(path: string): Promise<string> {
  return (await fetch(url + path)).text();
}

async function changed(question: () => Promise<string>): Promise<void> {
  const before = await question();
  const deadline = Date.now() + 30_000;
  while ((await question()) === before) {
    if (Date.now() > deadline) throw new Error('nothing changed');
  }
}

describe('a service that is killed in the middle of an emergency', () => {
  it.each(Object.keys(moments))(
    'finishes it after a restart: killed as soon as %s',
    async (moment) => {
      await start();
      await Promise.all(handles.map(onboard));
      const issuer = String((await call('GET', '/organization'))['did']);
      const former = await Promise.all(handles.map(passportOf));
      const [leaked] = await keys();
      const order = { action: 'compromise', key: leaked?.['id'], reason: 'INC-7' };
      const reached = changed(moments[moment] ?? (async () => ''));
      const ordered = call('POST', '/organization/keys', order).catch(() => 'no answer');
      await reached;
      await kill();
      console.info(
        `killed when ${moment}: ${(await ordered) === 'no answer' ? 'in' : 'after'} the call`,
      );

      await start();
      const verifier = newVerifier(issuer);
      for (const jwt of former) {
        expect(await verifier.verifyCredential(jwt)).toMatchObject({ reason: 'key-not-found' });
      }
      for (const handle of handles) {
        const verdict = await verifier.verifyClient(clientIdOf(handle), {
          scope: 'read:logs/production',
        });
        expect(verdict).toMatchObject({ outcome: 'accepted', granted: ['read:logs/production'] });
      }
      const listed = await call('GET', '/credentials?state=active&type=allowed-actions&limit=100');
      expect(listed['data']).toHaveLength(handles.length);
      expect(await call('GET', '/audit/verify')).toMatchObject({ intact: true });
    },
    120_000,
  );
});
