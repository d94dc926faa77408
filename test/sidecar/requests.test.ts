import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { hooks } from '../../src/sidecar/hooks.ts';
import { maxBodyBytes, problems } from '../../src/sidecar/problems.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createGatedFetch } from '../verifier/support/gated-fetch.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';
import { languages } from './support/hook-requests.ts';
import type { TestSidecar, TestSidecarOptions } from './support/running-sidecar.ts';
import { sidecarToken, startTestSidecar } from './support/running-sidecar.ts';

const running: TestSidecar[] = [];

afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar[Symbol.asyncDispose]();
});

async function start(options: TestSidecarOptions = {}): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(options);
  running.push(sidecar);
  return sidecar;
}

const json = { 'Content-Type': 'application/json' };
const posting = ['verify', 'auth0', 'entra', 'authzen', 'keycloak'] as const;

/** A sidecar whose registry does not answer before `open` is called. */
async function startBehindGate(options: TestSidecarOptions = {}) {
  const world = await createPaperWorld();
  const gate = createGatedFetch(world.fetch);
  gate.close();
  const mode = options.mode ?? 'enforce';
  const verifier = createVerifier({ ...world.options({ ...world.policy, mode }), fetch: gate });
  return { gate, sidecar: await start({ world, verifier, ...options }) };
}

it('the codes that outsiders switch on keep their meaning', () => {
  const statuses = Object.entries(problems).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(statuses)).toEqual({
    'route-not-found': 404,
    'method-not-allowed': 405,
    unauthenticated: 401,
    'media-type-unsupported': 415,
    'body-malformed': 400,
    'body-too-large': 413,
    'body-late': 408,
    'invalid-input': 400,
    'not-decided': 503,
    'agent-refused': 403,
    'agent-action-withheld': 403,
    'agent-undetermined': 403,
    'approval-not-found': 404,
    'approval-conflict': 409,
    'approvals-unreadable': 503,
    'allow-list-not-ready': 503,
    'internal-error': 500,
  });
});

it('the paths that products are configured with stay', () => {
  expect(hooks.map(({ path }) => path)).toEqual([
    '/api/v1/verify',
    '/hooks/okta',
    '/hooks/auth0',
    '/hooks/entra',
    '/ext_authz',
    '/access/v1/evaluation',
    '/hooks/keycloak',
  ]);
});

it('each hook answers within what its product waits for by default', async () => {
  expect(hooks.map(({ path, answerWithinMs }) => [path, answerWithinMs])).toEqual([
    ['/api/v1/verify', 6_000],
    ['/hooks/okta', 2_500],
    ['/hooks/auth0', 4_000],
    ['/hooks/entra', 900],
    ['/ext_authz', 150],
    ['/access/v1/evaluation', 1_000],
    ['/hooks/keycloak', 1_000],
  ]);
  const { gate, sidecar } = await startBehindGate({ limits: { answerWithinMs: undefined } });
  const { target, request } = languages.envoy.ask({ clientId: sidecar.world.clientId, scopes: [] });
  expect(await sidecar.send(target, request)).toMatchObject({
    body: { reason: 'deadline-exceeded' },
  });
  const [decision] = sidecar.decisions();
  expect(decision?.ms).toBeGreaterThanOrEqual(140);
  gate.open();
});

describe.each(posting)('%s', (product) => {
  const { path } = languages[product];

  it.each([
    ['no JSON', '{"a":'],
    ['a member twice', '{"a":1,"a":2}'],
    ['an array', '[]'],
    ['nothing', ''],
  ])('refuses a body that is %s', async (_, body) => {
    const sidecar = await start();
    const answer = await sidecar.send(path, { method: 'POST', headers: json, body });
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      body: { type: 'urn:sealwright:problem:body-malformed', code: 'body-malformed', status: 400 },
    });
    expect(sidecar.lines).toEqual([]);
  });

  it('refuses a body that names no client', async () => {
    const answer = await (await start()).post(path, {});
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });

  it.each([
    ['declared', { 'Content-Length': String(maxBodyBytes + 1) }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('refuses a body that is too large, %s', async (_, length) => {
    const body = JSON.stringify({ pad: 'x'.repeat(maxBodyBytes) }).slice(0, maxBodyBytes + 1);
    const headers = { ...json, ...length };
    const answer = await (await start()).send(path, { method: 'POST', headers, body });
    expect(answer).toMatchObject({
      status: 413,
      body: { code: 'body-too-large', fix: 'Send at most 65536 bytes, uncompressed.' },
    });
  });

  it.each([
    ['none', ''],
    ['another', `Bearer x${sidecarToken}`],
    ['no bearer', sidecarToken],
  ])('refuses a caller whose token is %s, before it reads the body', async (_, Authorization) => {
    const sidecar = await start();
    const headers = { 'Content-Type': 'text/plain', Authorization };
    const answer = await sidecar.send(path, { method: 'POST', headers, body: '{' });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="sealwright"' },
      body: { code: 'unauthenticated' },
    });
    expect(JSON.stringify([answer, sidecar.lines, sidecar.said])).not.toContain(sidecarToken);
  });

  it('refuses another method', async () => {
    const answer = await (await start()).send(path, { method: 'GET' });
    expect(answer).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { code: 'method-not-allowed' },
    });
  });
});

it.each([
  { 'Content-Type': 'text/plain' },
  { 'Content-Type': 'application/x-www-form-urlencoded' },
  { ...json, 'Content-Encoding': 'gzip' },
])('a body with %j is refused', async (headers) => {
  const answer = await (await start()).send('/hooks/keycloak', {
    method: 'POST',
    headers,
    body: '{}',
  });
  expect(answer).toMatchObject({ status: 415, body: { code: 'media-type-unsupported' } });
});

describe('Okta, which takes every status but 2xx for a yes', () => {
  const headers = json;
  const refusals = [
    ['malformed', { method: 'POST', headers, body: '{' }, 'body-malformed'],
    ['without a client', { method: 'POST', headers, body: '{}' }, 'invalid-input'],
    ['too large', { method: 'POST', headers, body: 'x'.repeat(65_537) }, 'body-too-large'],
    [
      'unauthorized',
      { method: 'POST', headers: { ...headers, Authorization: 'x' }, body: '{}' },
      'unauthenticated',
    ],
  ] as const;

  it.each(refusals)('is refused with 200 and an error when the request is %s', async (...row) => {
    const [, request, code] = row;
    const { status, body } = await (await start()).send('/hooks/okta', request);
    expect(status).toBe(200);
    const errorSummary = expect.stringContaining(`The sidecar refused the hook: ${code}.`);
    expect(body).toEqual({ error: { errorSummary } });
  });

  it.each(refusals)('in monitor mode passes a request that is %s', async (...row) => {
    const [, request, code] = row;
    const { status, body } = await (await start({ mode: 'monitor' })).send('/hooks/okta', request);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toMatchObject({ code });
  });
});

describe('Envoy', () => {
  it('refuses a caller without the token with 401, which Envoy takes for a no', async () => {
    const answer = await (await start()).send('/ext_authz/x', { headers: { Authorization: '' } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it('refuses headers that are too long', async () => {
    const headers = { 'x-sealwright-scope': 'x'.repeat(4_097) };
    const answer = await (await start()).send('/ext_authz', { headers });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });

  it('does not look at the body', async () => {
    const sidecar = await start();
    const headers = { 'x-sealwright-client-id': sidecar.world.clientId };
    const body = 'x'.repeat(100_000);
    const answer = await sidecar.send('/ext_authz/upload', { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status: 200, body: '' });
  });
});

describe('time', () => {
  const late = { limits: { answerWithinMs: 30 } };
  const ask = ({ world: { clientId }, send }: TestSidecar, product: keyof typeof languages) => {
    const { target, request } = languages[product].ask({ clientId, scopes: ['read:x'] });
    return send(target, request);
  };

  it.each([
    ['verify', 503],
    ['okta', 200],
    ['auth0', 200],
    ['entra', 403],
    ['envoy', 403],
    ['authzen', 200],
    ['keycloak', 200],
  ] as const)('a verdict that is late refuses: %s', async (product, status) => {
    const { gate, sidecar } = await startBehindGate(late);
    const answer = await ask(sidecar, product);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain('deadline-exceeded');
    expect(sidecar.decisions()).toMatchObject([
      { outcome: 'undetermined', reason: 'deadline-exceeded', report: null, issuer: null },
    ]);
    gate.open();
  });

  it('a verdict that is late passes in monitor mode', async () => {
    const { gate, sidecar } = await startBehindGate({ ...late, mode: 'monitor' });
    expect(await ask(sidecar, 'keycloak')).toMatchObject({ body: { allow: true, report: null } });
    gate.open();
  });

  it('what was read too late answers the next question', async () => {
    const { gate, sidecar } = await startBehindGate({ limits: { answerWithinMs: 500 } });
    const { clientId } = sidecar.world;
    const question = { clientId, scope: 'read:logs/production' };
    expect(await sidecar.post('/hooks/keycloak', question)).toMatchObject({
      body: { allow: false, error: 'temporarily_unavailable' },
    });
    gate.open();
    await sidecar.verifier.verifyClient(clientId);
    expect(await sidecar.post('/hooks/keycloak', question)).toMatchObject({
      body: { allow: true },
    });
  });

  it('a body that dribbles in is given up', async () => {
    const sidecar = await start(late);
    const socket = connect(Number(new URL(sidecar.url).port), '127.0.0.1');
    socket.write(
      `POST /hooks/keycloak HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${sidecarToken}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a"',
    );
    const [octets] = await once(socket, 'data');
    expect(String(octets)).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });

  it('a question for which there is no room is undetermined, and one after it is answered', async () => {
    const { gate, sidecar } = await startBehindGate({ limits: { maxInFlight: 1 } });
    const first = ask(sidecar, 'keycloak');
    await expect.poll(() => gate.asked.length).toBe(1);
    expect(await ask(sidecar, 'envoy')).toMatchObject({
      status: 403,
      body: { code: 'agent-undetermined', reason: 'overloaded' },
    });
    expect(sidecar.decisions()).toMatchObject([{ clientId: null, reason: 'overloaded' }]);
    gate.open();
    await first;
    expect(await ask(sidecar, 'okta')).toMatchObject({ status: 200 });
    expect(sidecar.decisions().at(-1)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a verifier that fails', () => {
  it('refuses, and the operator is told the kind of the error alone', async () => {
    const failing = () => Promise.reject(new RangeError('holds a secret'));
    const sidecar = await start({
      verifier: { verifyClient: failing, verifyCredential: failing },
    });
    const answer = await sidecar.post('/hooks/auth0', { client: { client_id: 'https://a.b/c' } });
    expect(answer).toMatchObject({ status: 200, body: { allow: false, code: 'server_error' } });
    expect(sidecar.said).toEqual(['the verifier failed: RangeError']);
    expect(sidecar.lines.join()).not.toContain('secret');
  });

  it('in another part is an internal error without its text', async () => {
    const sidecar = await start({
      clientIds: () => {
        throw new RangeError('holds a secret');
      },
    });
    const answer = await sidecar.post('/hooks/auth0', { client: { client_id: 'https://a.b/c' } });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal-error' } });
    expect(JSON.stringify([answer, sidecar.said])).not.toContain('secret');
    expect(sidecar.said).toEqual([
      expect.stringMatching(/^request [\w-]+ to \/hooks\/auth0 failed: RangeError$/),
    ]);
  });
});

describe('the request id', () => {
  it('is the one of the caller when it is plain', async () => {
    const headers = { 'X-Request-Id': 'req-1:a.b_c' };
    const answer = await (await start()).send('/healthz', { headers });
    expect(answer.headers['x-request-id']).toBe('req-1:a.b_c');
  });

  it.each(['a b', 'x'.repeat(129), '<script>'])('is a new one instead of %j', async (id) => {
    const answer = await (await start()).send('/healthz', { headers: { 'X-Request-Id': id } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('without a token', () => {
  it('whoever reaches the sidecar may ask', async () => {
    const sidecar = await start({ token: null });
    const headers = { ...json, Authorization: '' };
    const body = JSON.stringify({ client_id: sidecar.world.clientId });
    const answer = await sidecar.send('/api/v1/verify', { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'accepted' } });
  });
});

describe('health', () => {
  const nobody = { headers: { Authorization: '' } };

  it('needs no token', async () => {
    const sidecar = await start({ mode: 'monitor' });
    expect(await sidecar.send('/healthz', nobody)).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await sidecar.send('/readyz', nobody)).toMatchObject({
      status: 200,
      body: { status: 'ok', policy: 'current', mode: 'monitor' },
    });
  });

  it('says when the sidecar is about to stop, while it still answers', async () => {
    const sidecar = await start();
    sidecar.close();
    expect(await sidecar.send('/readyz')).toMatchObject({
      status: 503,
      body: { status: 'stopping' },
    });
    const { clientId } = sidecar.world;
    const answer = await sidecar.post('/api/v1/verify', { client_id: clientId });
    expect(answer).toMatchObject({ status: 200 });
  });

  it('metrics need the token', async () => {
    const answer = await (await start()).send('/metrics', nobody);
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it.each(['/', '/hooks', '/hooks/okta/', '/healthz/', '/__proto__', '/constructor'])(
    '%s is no route',
    async (path) => {
      const answer = await (await start()).send(path);
      expect(answer).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
    },
  );

  it('takes no other method', async () => {
    const answer = await (await start()).send('/readyz', { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});
