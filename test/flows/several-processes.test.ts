import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/settings.ts';
import { createService, type Service } from '../../src/service.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/running-service.ts';

const token = `swt_${randomBytes(32).toString('base64url')}`;
const masterKey = randomBytes(32).toString('base64url');
let folder: string;
let database: TestDatabase;
let url: string;
let one: Service;
let other: Service;

/** A process of its own in all but the operating system: its data directory, its pool, its memory. */
async function start(name: string, port: number): Promise<Service> {
  const settings = readSettings({
    SEALWRIGHT_URL: url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: join(folder, name),
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_MASTER_KEY: masterKey,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    DATABASE_URL: database.connectionString,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  return createService(settings.value);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-several-'));
  database = await createTestDatabase('empty');
  const [first, second] = [await freePort(), await freePort()];
  url = `http://localhost:${first}`;
  [one, other] = await Promise.all([start('one', first), start('other', second)]);
}, 60_000);

afterAll(async () => {
  await one?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function call(service: Service, method: string, path: string, body?: object, bearer = token) {
  const response = await fetch(`${service.listening}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

const onboard = (service: Service, handle: string) =>
  call(service, 'POST', '/agents', {
    ...{ handle, kind: 'agent', name: handle },
    ...{ owners: ['owner@acme.example'], keyCustody: 'registry' },
  });

const issue = (
  service: Service,
  handle: string,
  type = 'provenance',
  claims: object = provenance,
) => call(service, 'POST', `/agents/${handle}/credentials`, { type, reason: 'CHG-1', claims });

const provenance = {
  software: {
    ...{ name: 'bot', version: '1.0.0', repository: 'https://acme.example/bot' },
    commit: 'a'.repeat(40),
  },
};

async function etagOf(service: Service, path: string) {
  const response = await fetch(service.listening + path);
  await response.arrayBuffer();
  return response.status === 200 ? response.headers.get('etag') : response.status;
}

describe('two processes that start together on an empty database', () => {
  it('make one organization, and accept the same token', async () => {
    expect(one.organization.id).toBe(other.organization.id);
    expect((await call(one, 'GET', '/organization')).status).toBe(200);
    expect((await call(other, 'GET', '/organization')).status).toBe(200);
    expect((await call(one, 'GET', '/tokens')).body.data).toHaveLength(1);
  });

  it('let one of them run rounds', async () => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const { rows } = await client.query(
      "SELECT granted FROM pg_locks WHERE locktype = 'advisory' AND classid = 24225 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    await client.end();
    expect(rows).toEqual([{ granted: true }]);
  });
});

describe('what one process did, the other', () => {
  it('serves within a second: new documents, a changed list, a withdrawal', async () => {
    expect((await onboard(one, 'bot')).status).toBe(201);
    const paths = ['/a/bot/client.json', '/a/bot/did.json', '/a/bot', '/status/1r'];
    for (const path of paths) {
      const etag = await etagOf(one, path);
      expect(await etagOf(other, path), path).toBe(etag);
    }
    const { id } = (await issue(one, 'bot')).body;
    for (let round = 0; round < 5; round += 1) {
      const change = round % 2 === 0 ? 'suspend' : 'resume';
      await call(one, 'POST', `/credentials/${id}/${change}`, { reason: 'CHG-2' });
      const etag = await etagOf(one, '/status/1s');
      await expect
        .poll(() => etagOf(other, '/status/1s'), { timeout: 1_000, interval: 10 })
        .toBe(etag);
    }
    await call(one, 'POST', '/agents/bot/retire', { reason: 'CHG-3' });
    await expect
      .poll(() => etagOf(other, '/a/bot/client.json'), { timeout: 1_000, interval: 10 })
      .toBe(410);
  });

  it('knows at once where it ended a token', async () => {
    const made = await call(one, 'POST', '/tokens', { name: 'short', scopes: ['agents:read'] });
    const { token: text, id } = made.body;
    expect((await call(other, 'GET', '/agents', undefined, text)).status).toBe(200);
    await call(one, 'DELETE', `/tokens/${id}`);
    expect((await call(other, 'GET', '/agents', undefined, text)).status).toBe(401);
  });

  it('knows where it gave up an issuer key: the next credential is under the next key', async () => {
    await onboard(one, 'keyed');
    const before = (await issue(other, 'keyed')).body;
    const keys = (await call(one, 'GET', '/organization/keys')).body.data;
    const active = keys.find(({ state }: { state: string }) => state === 'active');
    const given = await call(one, 'POST', '/organization/keys', {
      ...{ action: 'compromise', key: active.id, reason: 'CHG-4' },
    });
    expect(given.status, JSON.stringify(given.body)).toBe(200);
    const after = (await issue(other, 'keyed')).body;
    const kidOf = (jwt: string) =>
      JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
    expect(kidOf(before.jwt)).toBe(active.kid);
    expect(kidOf(after.jwt)).not.toBe(active.kid);
    expect((await call(other, 'GET', `/credentials/${before.id}`)).body.state).toBe('revoked');
  });

  it('knows within a second what it is called now', async () => {
    expect((await call(other, 'GET', '/organization')).body.name).not.toBe('Acme');
    await call(one, 'PATCH', '/organization', { name: 'Acme', contact: 'new@acme.example' });
    await expect
      .poll(async () => (await call(other, 'GET', '/organization')).body.name, { timeout: 1_500 })
      .toBe('Acme');
    await onboard(other, 'named');
    const document = await (await fetch(`${other.listening}/a/named/client.json`)).json();
    expect(document).toMatchObject({ contacts: ['new@acme.example'] });
  });

  it('issues by a type as it was defined anew', async () => {
    const define = (maximum: number) =>
      call(one, 'POST', '/schemas', {
        name: 'badge',
        schema: {
          type: 'object',
          properties: { level: { type: 'integer', maximum } },
          required: ['level'],
          additionalProperties: false,
        },
      });
    const defined = await define(1);
    expect(defined.status, JSON.stringify(defined.body)).toBe(201);
    await onboard(one, 'badged');
    expect((await issue(other, 'badged', 'badge', { level: 2 })).status).toBe(422);
    expect((await define(2)).status).toBe(201);
    expect((await issue(other, 'badged', 'badge', { level: 2 })).status).toBe(201);
  });
});

describe('lists that both publish', () => {
  it('I-09 only go forward, at both, and never back', async () => {
    await Promise.all([onboard(one, 'left'), onboard(other, 'right')]);
    const seen: Record<string, number[]> = { one: [], other: [] };
    let isOver = false;
    const watch = async (name: string, service: Service) => {
      let etag = '';
      while (!isOver) {
        const response = await fetch(`${service.listening}/status/1s`);
        const jwt = await response.text();
        if (response.headers.get('etag') === etag) continue;
        etag = response.headers.get('etag') ?? '';
        const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
        seen[name]?.push(Date.parse(claims.validFrom));
      }
    };
    const watching = [watch('one', one), watch('other', other)];
    const change = async (service: Service, handle: string) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const verb = turn % 2 === 0 ? 'suspend' : 'resume';
        const { status } = await call(service, 'POST', `/agents/${handle}/${verb}`, {
          reason: 'CHG-5',
        });
        expect(status).toBe(200);
      }
    };
    await Promise.all([change(one, 'left'), change(other, 'right')]);
    isOver = true;
    await Promise.all(watching);
    for (const moments of Object.values(seen)) {
      expect(moments.length).toBeGreaterThan(2);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      expect(new Set(moments).size).toBe(moments.length);
    }
  }, 60_000);
});
