import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { enrolmentRequest, newEnrolmentKey } from '../support/enrolment-key.ts';
import { freePort } from '../support/running-service.ts';
import { startWorkloadIssuer } from '../support/workload-issuer.ts';

const main = resolve(import.meta.dirname, '../../dist/main.js');
const random = () => randomBytes(32).toString('base64url');

/** What nobody but its holder may ever read, by what it is. */
const secrets = new Map<string, string>([
  ['operator token', `swt_${random()}`],
  ['master key', random()],
  ['database password', random()],
]);
const said: string[] = [];
let child: ChildProcess;
let database: TestDatabase;
let dataDir: string;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'sealwright-canaries-'));
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  url = `http://localhost:${port}`;
  const withPassword = new URL(database.connectionString);
  withPassword.password = secretOf('database password');
  child = spawn(process.execPath, [main], {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'] ?? '',
      SEALWRIGHT_URL: url,
      SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
      SEALWRIGHT_DATA_DIR: dataDir,
      SEALWRIGHT_LOG_LEVEL: 'trace',
      SEALWRIGHT_ADMIN_TOKEN: secretOf('operator token'),
      SEALWRIGHT_MASTER_KEY: secretOf('master key'),
      DATABASE_URL: withPassword.href,
      DEBUG: '*',
    },
  });
  child.stdout?.on('data', (chunk: Buffer) => void said.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => void said.push(chunk.toString()));
  await vi.waitUntil(() => said.join('').includes('"ready"'), { timeout: 30_000 });
});

afterAll(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function secretOf(name: string): string {
  const secret = secrets.get(name);
  if (secret === undefined) throw new Error(`there is no ${name} yet`);
  return secret;
}

/** One call; the problem of a refused one goes into what was said, since it must be as silent. */
async function call(
  method: string,
  path: string,
  options: {
    readonly body?: object;
    readonly token?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { body, token = secretOf('operator token'), headers = {} } = options;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status >= 400) said.push(text);
  return text === '' ? {} : JSON.parse(text);
}

function keep(name: string, secret: unknown): string {
  if (typeof secret !== 'string' || secret.length < 16) throw new Error(`${name} is no secret`);
  secrets.set(name, secret);
  return secret;
}

const keyOf = ({ privateJwk }: Readonly<Record<string, unknown>>) =>
  (privateJwk as { readonly d: string }).d;

const agent = (handle: string, keyCustody = 'issued') => {
  return { handle, kind: 'agent', name: handle, owners: ['a@acme.com'], keyCustody };
};

async function onboardAndRotate(): Promise<void> {
  const headers = { 'idempotency-key': 'one' };
  const order = { body: agent('issued-bot'), headers };
  const first = await call('POST', '/agents', order);
  keep('private key of an agent', keyOf(first));
  expect(keyOf(await call('POST', '/agents', order))).toBe(secretOf('private key of an agent'));
  keep('next private key', keyOf(await call('POST', '/agents/issued-bot/keys', { body: {} })));
  const keys = (await call('GET', '/agents/issued-bot/keys'))['keys'] as { kid: string }[];
  const given = { body: { reason: 'INC-1' } };
  const path = `/agents/issued-bot/keys/${keys[0]?.kid}/compromise`;
  expect(await call('POST', path, given)).toHaveProperty('keys');
  expect(await call('POST', '/organization/keys', { body: { action: 'prepare' } })).toHaveProperty(
    'kid',
  );
}

async function assertAndIssue(): Promise<void> {
  await call('POST', '/agents', { body: agent('held-bot', 'registry') });
  const order = { body: { audience: 'https://as.acme.com' } };
  keep('assertion', (await call('POST', '/agents/held-bot/assertions', order))['assertion']);
  const claims = asJson(readsLogs);
  const facet = { type: 'allowed-actions', claims, reason: 'CHG-1', visibility: 'on-request' };
  expect(await call('POST', '/agents/held-bot/credentials', { body: facet })).toHaveProperty('id');
}

async function enrol(): Promise<void> {
  const body = { kind: 'agent', owners: ['a@acme.com'], handle: 'coming-bot', name: 'Coming' };
  const { token: text, audience } = await call('POST', '/enrolments', { body });
  const token = keep('enrolment token', text);
  const key = newEnrolmentKey();
  const order = { token, key, audience: String(audience), at: new Date() };
  const stranger = { token: 'swt_nobody-at-all' };
  const spoilt = { ...enrolmentRequest(order), proof: `${enrolmentRequest(order).proof}x` };
  await call('POST', '/enrol', { body: spoilt, ...stranger });
  const request = enrolmentRequest(order);
  keep('proof', request.proof);
  expect(await call('POST', '/enrol', { body: request, ...stranger })).toMatchObject({
    handle: 'coming-bot',
  });
}

async function exchange(): Promise<void> {
  await using issuer = await startWorkloadIssuer();
  const rule = {
    name: 'ci',
    issuer: issuer.url,
    claims: { sub: 'repo:acme' },
    grants: { scopes: ['verify'] },
  };
  expect(await call('POST', '/workload-rules', { body: rule })).toHaveProperty('id');
  for (const sub of ['repo:acme', 'repo:evil']) {
    const aud = url;
    const token = keep(`subject token of ${sub}`, await issuer.sign({ sub, aud, jti: random() }));
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: token,
    };
    const body = new URLSearchParams(form);
    const response = await fetch(`${url}/api/v1/token-exchange`, { method: 'POST', body });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    expect([sub, response.status]).toEqual([sub, sub === 'repo:acme' ? 200 : 400]);
    if (response.ok) keep('exchanged token', answer['access_token']);
    else said.push(JSON.stringify(answer));
  }
}

/** Secrets where callers put them by mistake. */
async function misplace(): Promise<void> {
  const text = secretOf('operator token');
  await call('POST', '/tokens', { body: { name: 'ci', scopes: ['verify'] } }).then(({ token }) =>
    keep('token', token),
  );
  await call('GET', `/agents?access_token=${text}`);
  await call('GET', `/agents/${text}`);
  await call('GET', '/agents', { token: keep('unknown token', `swt_${random()}`) });
  await call('GET', '/agents', { headers: { authorization: `Basic ${keep('basic', random())}` } });
  await fetch(`${url}/api/v1/agents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
    body: `{"handle": "${keep('spoilt body', random())}`,
  });
}

async function dump(): Promise<string> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  const tables = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`);
    texts.push(...rows.map(({ row }) => row));
  }
  await client.end();
  return texts.join('\n');
}

/** All files below a folder, read as octets. */
function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

/** A secret as it is, as octets in a dump, and as somebody may have encoded it. */
function formsOf(secret: string): readonly string[] {
  const octets = Buffer.from(secret);
  const decoded = Buffer.from(secret, 'base64url').toString('hex');
  const forms = [secret, octets.toString('hex'), octets.toString('base64').replace(/=*$/, '')];
  return [...forms, octets.toString('base64url'), ...(decoded.length < 64 ? [] : [decoded])];
}

it('no secret is written to the log, an error, the database or a file', async () => {
  await onboardAndRotate();
  await assertAndIssue();
  await enrol();
  await exchange();
  await misplace();
  child.kill('SIGTERM');
  await once(child, 'close');
  const places = { said: said.join(''), database: await dump(), files: filesBelow(dataDir) };
  expect(places.said).toContain('/agents/:target/assertions');
  expect(places.database).toContain('coming-bot');
  expect(secrets.size).toBeGreaterThanOrEqual(14);
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of secrets) {
      const found = formsOf(secret).some((form) => text.includes(form));
      expect([place, name, found]).toEqual([place, name, false]);
    }
    expect([place, /"d" ?: ?"[\w-]{43}"|PRIVATE KEY/.test(text)]).toEqual([place, false]);
  }
  const lines = said.join('').split('\n');
  expect(lines.filter((line) => line.startsWith('{') && line.includes('"time"'))).not.toEqual([]);
}, 60_000);
