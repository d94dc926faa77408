import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { type AllowListKey, parseAllowListKey } from '../../src/sidecar/allow-list-key.ts';
import { parseWatchedClients } from '../../src/sidecar/watched-clients.ts';
import { createMemoryApprovals, createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';
import {
  revoke,
  sidecarToken,
  startTestSidecar,
  type TestSidecar,
  type TestSidecarOptions,
  takeRegistryDown,
} from './support/running-sidecar.ts';

const root = resolve(import.meta.dirname, '../..');
const running: TestSidecar[] = [];

afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar[Symbol.asyncDispose]();
});

function privateJwk(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });
}

async function createKey(): Promise<AllowListKey> {
  const key = await parseAllowListKey(JSON.stringify(privateJwk()));
  if (!key.ok) throw new Error('a fresh key is one');
  return key.value;
}

async function start(options: TestSidecarOptions = {}, extra: readonly string[] = []) {
  const world = options.world ?? (await createPaperWorld());
  const key = await createKey();
  const watched = () => [...extra, world.clientId];
  const limits = { allowListEveryMs: 20, ...options.limits };
  const sidecar = await startTestSidecar({
    allowList: { key, watched },
    ...options,
    world,
    limits,
  });
  running.push(sidecar);
  const read = async () => {
    const { status, body } = await sidecar.send('/allow-list.jwt');
    return status === 200 ? payloadOf(String(body)) : status;
  };
  await expect.poll(read).toBeTypeOf('object');
  return { sidecar, world, read };
}

function payloadOf(jws: string) {
  const [, payload = ''] = jws.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

const clientsOf = (listed: { clients: { client_id: string }[] }) =>
  listed.clients.map((one) => one.client_id);

describe('the allow-list', () => {
  it('has who is accepted, with the digest of its document, signed with the published key', async () => {
    const { sidecar, world } = await start({}, [
      `${(await createPaperWorld()).origin}/a/other/client.json`,
    ]);
    const { body, headers } = await sidecar.send('/allow-list.jwt');
    const jws = String(body);
    expect(headers).toMatchObject({
      'content-type': 'application/jwt',
      'cache-control': 'no-cache',
    });
    const response = await fetch(`${sidecar.url}/allow-list/jwks.json`);
    const jwks = (await response.json()) as JSONWebKeySet;
    expect(jwks.keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
    await compactVerify(jws, createLocalJWKSet(jwks));
    expect(decodeProtectedHeader(jws)).toEqual({
      alg: 'ES256',
      typ: 'sealwright-allow-list+jwt',
      kid: jwks.keys[0]?.kid,
    });
    const iat = world.clock() / 1_000;
    const digest = await clientMetadataDigest(world.core);
    expect(payloadOf(jws)).toEqual({
      iat,
      exp: iat + 60,
      clients: [{ client_id: world.clientId, digest }],
    });
  });

  it('is the same octets until it changes or half its life is over, and then not', async () => {
    const { sidecar, world } = await start();
    const first = await sidecar.send('/allow-list.jwt');
    const tag = String(first.headers['etag']);
    world.advance(29_000);
    const known = await sidecar.send('/allow-list.jwt', {
      headers: { 'If-None-Match': `"x", W/${tag}` },
    });
    expect([known.status, known.headers['etag'], known.body]).toEqual([304, tag, '']);
    expect(known.headers['content-length']).toBeUndefined();
    world.advance(1_000);
    const second = await sidecar.send('/allow-list.jwt', { headers: { 'If-None-Match': tag } });
    expect(second.status).toBe(200);
    expect(payloadOf(String(second.body)).iat).toBe(payloadOf(String(first.body)).iat + 30);
    expect((await sidecar.send('/metrics')).body).toContain('allow_list_signatures_total 2\n');
  });

  it('loses who is revoked, with the verdict', async () => {
    const { sidecar, world, read } = await start();
    expect(clientsOf(await read())).toEqual([world.clientId]);
    await revoke(world);
    sidecar.verifier.invalidate(world.revocationList);
    await expect.poll(read).toMatchObject({ clients: [] });
    expect((await sidecar.send('/metrics')).body).toContain(
      'sealwright_sidecar_allow_list_watched 1\n',
    );
  });

  it('loses who is undetermined once the grace of the policy is over', async () => {
    const { world, read } = await start();
    takeRegistryDown(world);
    world.advance(20_000);
    await new Promise((wait) => setTimeout(wait, 100));
    expect(clientsOf(await read())).toEqual([world.clientId]);
    world.advance(41_000);
    await expect.poll(read).toMatchObject({ clients: [] });
  });

  it('forgets a verdict after thirty seconds, when no other follows', async () => {
    const { world, read } = await start({ limits: { allowListEveryMs: 600_000 } });
    world.advance(30_000);
    expect(clientsOf(await read())).toEqual([world.clientId]);
    world.advance(1);
    expect(clientsOf(await read())).toEqual([]);
  });

  it('follows the approvals: allowed ones are watched, and a block takes effect at once', async () => {
    const approvals = createMemoryApprovals();
    const world = await createPaperWorld();
    const policy = { ...world.policy, approval: 'required' } as const;
    const verifier = createVerifier({ ...world.options(policy), approvals });
    const limits = { allowListEveryMs: 600_000 };
    const allowList = { key: await createKey(), watched: () => [] };
    const { sidecar, read } = await start({ world, verifier, approvals, limits, allowList });
    await sidecar.post('/hooks/keycloak', { clientId: world.clientId });
    const digest = await clientMetadataDigest(world.core);
    const who = { by: 'a', reason: 'b' };
    const name = encodeURIComponent(world.clientId);
    await sidecar.post(`/api/v1/approvals/${name}/allow`, { ...who, digest });
    await expect.poll(async () => clientsOf(await read())).toEqual([world.clientId]);
    await sidecar.post('/api/v1/approvals/id.acme.com/block', who);
    await expect.poll(async () => clientsOf(await read())).toEqual([]);
  });

  it('takes off whom somebody blocks when a round has just found them in order', async () => {
    const approvals = createMemoryApprovals();
    const world = await createPaperWorld();
    const verifier = createVerifier({ ...world.options(world.policy), approvals });
    let judged: () => void = () => undefined;
    let goesOn = Promise.resolve();
    const slow: typeof verifier = {
      ...verifier,
      async verifyClient(clientId) {
        const verdict = await verifier.verifyClient(clientId);
        judged();
        await goesOn;
        return verdict;
      },
    };
    const limits = { allowListEveryMs: 600_000 };
    const { sidecar, read } = await start({ world, verifier: slow, approvals, limits });
    expect(clientsOf(await read())).toEqual([world.clientId]);
    let finish: () => void = () => undefined;
    goesOn = new Promise((resolve) => {
      finish = resolve;
    });
    const found = new Promise<void>((resolve) => {
      judged = resolve;
    });
    const who = { by: 'a', reason: 'b' };
    await sidecar.post('/api/v1/approvals/other.com/block', who);
    await found;
    await sidecar.post('/api/v1/approvals/id.acme.com/block', who);
    finish();
    await expect.poll(async () => clientsOf(await read())).toEqual([]);
  });

  it('is not there before everybody was judged, and not without a key', async () => {
    const world = await createPaperWorld();
    world.serve(world.clientId, 'silence');
    const allowList = { key: await createKey(), watched: () => [world.clientId] };
    await using waiting = await startTestSidecar({ world, allowList });
    expect(await waiting.send('/allow-list.jwt')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'allow-list-not-ready' },
    });
    await using without = await startTestSidecar();
    expect(await without.send('/allow-list.jwt')).toMatchObject({ status: 404 });
  });

  it.each([
    ['GET', '/allow-list.jwt', { Authorization: 'x' }, 401],
    ['POST', '/allow-list.jwt', {}, 405],
    ['POST', '/allow-list/jwks.json', {}, 405],
    ['GET', '/allow-list.jwt/x', {}, 404],
  ])('refuses %s %s with %j', async (method, target, headers, status) => {
    const { sidecar } = await start();
    expect(await sidecar.send(target, { method, headers })).toMatchObject({ status });
  });
});

describe('the key of an allow-list', () => {
  const jwk = privateJwk();
  it.each([
    ['no JSON', 'canary'],
    ['a public key', JSON.stringify({ ...jwk, d: undefined })],
    ['of another curve', JSON.stringify(privateJwk('P-384'))],
    ['two halves of two keys', JSON.stringify({ ...jwk, d: privateJwk().d })],
    ['a half that is none', JSON.stringify({ ...jwk, d: 'canary' })],
  ])('is not %s', async (_, text) => {
    const parsed = await parseAllowListKey(text);
    expect(parsed).toMatchObject({
      ok: false,
      faults: [{ detail: 'must hold a private P-256 key as a JWK' }],
    });
    expect(JSON.stringify(parsed)).not.toContain('canary');
  });
});

it.each<[unknown, boolean]>([
  [[], true],
  [['https://id.acme.com/a/bot/client.json'], true],
  [['id.acme.com'], false],
  [[7], false],
  [{}, false],
  [Array.from({ length: 1_001 }, () => 'https://id.acme.com/a/bot/client.json'), false],
])('a list of watched clients: %#', (input, ok) => {
  expect(parseWatchedClients(input).ok).toBe(ok);
});

it('the consumer of the page takes the list and nothing else', async () => {
  const { sidecar, world } = await start({ clock: Date.now });
  const page = readFileSync(join(root, 'docs/run-an-as/allow-list.md'), 'utf8');
  const [, sample = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  expect(sample.trimEnd().split('\n').length).toBeLessThanOrEqual(22);
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'consumer.mjs'), sample);
    Object.assign(process.env, { SIDECAR_URL: sidecar.url, SIDECAR_TOKEN: sidecarToken });
    const { refresh, isAllowed } = await import(pathToFileURL(join(folder, 'consumer.mjs')).href);
    expect(isAllowed(world.clientId)).toBe(false);
    await expect.poll(() => refresh().then(() => isAllowed(world.clientId))).toBe(true);
    expect(isAllowed(`${world.clientId}x`)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
