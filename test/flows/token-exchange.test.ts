import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { CompactSign, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import {
  makeIssuerKey,
  signToken,
  startWorkloadIssuer,
  type WorkloadIssuer,
} from '../support/workload-issuer.ts';

const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
};

let service: RunningService;
let github: WorkloadIssuer;

/** The claims of a job in GitHub Actions, as its documentation has them. */
function jobClaims(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    jti: randomUUID(),
    sub: 'repo:acme/billing-bot:ref:refs/heads/main',
    aud: service.url,
    ref: 'refs/heads/main',
    sha: '7d3f8a1c',
    repository: 'acme/billing-bot',
    repository_id: '74',
    repository_owner: 'acme',
    repository_owner_id: '65',
    run_id: '154',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    actor: 'octocat',
    workflow: 'enrol',
    event_name: 'push',
    ref_type: 'branch',
    ref_protected: 'true',
    job_workflow_ref: 'acme/billing-bot/.github/workflows/enrol.yml@refs/heads/main',
    ...changes,
  };
}

async function exchange(form: Readonly<Record<string, string>>) {
  const response = await fetch(`${service.url}/api/v1/token-exchange`, {
    method: 'POST',
    body: new URLSearchParams({ ...grant, ...form }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Readonly<Record<string, unknown>>,
  };
}

async function createRule(changes: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await service.call('POST', '/workload-rules', {
    name: 'billing-bot on main',
    issuer: github.url,
    claims: { repository: 'acme/billing-bot', ref: 'refs/heads/main' },
    grants: { scopes: ['agents:read', 'agents:write'], team: 'payments' },
    ...changes,
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return String(body['id']);
}

beforeAll(async () => {
  service = await startRunningService();
  github = await startWorkloadIssuer();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
});

beforeEach(async () => {
  const rules = (await service.call('GET', '/workload-rules')).body['data'];
  for (const { id } of rules as readonly { readonly id: string }[]) {
    await service.call('DELETE', `/workload-rules/${id}`);
  }
});

describe('a job with the claims of a rule', () => {
  it('gets a short token for what the rule gives, and no other', async () => {
    await createRule();
    const { status, headers, body } = await exchange({
      subject_token: await github.sign(jobClaims()),
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^swt_[\w-]{43}$/),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'agents:read agents:write',
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const token = String(body['access_token']);
    expect((await service.call('GET', '/agents', undefined, token)).status).toBe(200);
    expect((await service.call('GET', '/tokens', undefined, token)).status).toBe(403);
  });

  it('is on record with its rule and its claims', async () => {
    const rule = await createRule();
    const claims = jobClaims();
    await exchange({ subject_token: await github.sign(claims) });
    const { body } = await service.call('GET', '/audit?action=token.exchanged&limit=200');
    const records = body['data'] as readonly { readonly event: object }[];
    expect(records.at(-1)?.event).toMatchObject({
      actor: { kind: 'system', id: 'token-exchange' },
      details: {
        rule,
        issuer: github.url,
        workload: 'repo:acme/billing-bot:ref:refs/heads/main',
        jti: claims.jti,
        claims: ['repository=acme/billing-bot', 'ref=refs/heads/main'],
        scopes: ['agents:read', 'agents:write'],
        team: 'payments',
        agent: null,
      },
    });
  });

  it('is exchanged once, also when two ask at a time', async () => {
    await createRule();
    const subject_token = await github.sign(jobClaims());
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange({ subject_token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
  });
});

const nowS = Math.floor(Date.now() / 1000);

/** Exchanges a token and expects the one answer to all that are not taken. */
async function expectRefused(subject_token: string): Promise<void> {
  const { status, body } = await exchange({ subject_token });
  expect({ status, body }).toEqual({
    status: 400,
    body: {
      error: 'invalid_request',
      error_description: 'The subject token is not accepted.',
    },
  });
}

describe('a token is not taken', () => {
  it.each([
    ['for another audience', { aud: 'https://id.other.example' }],
    ['for our audience with a slash', { aud: 'http://localhost/' }],
    ['of another repository', { repository: 'acme-evil/billing-bot' }],
    ['of the repository in other letters', { repository: 'Acme/billing-bot' }],
    ['of another branch', { ref: 'refs/heads/main/x' }],
    ['without the claim', { repository: undefined }],
    ['with a claim of another kind', { repository: { value: 'acme/billing-bot' } }],
    ['that has ended', { exp: nowS - 120 }],
    ['that has not begun', { nbf: nowS + 120 }],
    ['that was issued in the future', { iat: nowS + 120 }],
    ['without an end', { exp: undefined }],
    ['with an end that is a text', { exp: String(nowS + 300) as unknown as number }],
    ['that lives for a month', { exp: nowS + 30 * 86_400 }],
    ['that was issued two days ago', { iat: nowS - 2 * 86_400 }],
    ['of another issuer with the same keys', { iss: 'http://localhost:1' }],
    ['without an issuer', { iss: undefined }],
  ])('%s', async (_name, changes) => {
    await createRule();
    await expectRefused(await github.sign(jobClaims(changes)));
  });

  it('for our audience among others', async () => {
    await createRule();
    await expectRefused(await github.sign(jobClaims({ aud: [service.url, 'https://x.example'] })));
    await expectRefused(await github.sign(jobClaims({ aud: [] })));
    const alone = await github.sign(jobClaims({ aud: [service.url] }));
    expect((await exchange({ subject_token: alone })).status).toBe(200);
  });

  it('of the issuer with a slash behind it', async () => {
    await createRule();
    await expectRefused(await github.sign(jobClaims({ iss: `${github.url}/` })));
  });

  it('twice', async () => {
    await createRule();
    const claims = jobClaims();
    expect((await exchange({ subject_token: await github.sign(claims) })).status).toBe(200);
    await expectRefused(await github.sign({ ...claims, iat: nowS - 5 }));
  });

  it('twice where it has no jti, under another signature of the same octets', async () => {
    const issuer = await startWorkloadIssuer('ES256');
    await createRule({ issuer: issuer.url });
    const token = await issuer.sign(jobClaims({ jti: undefined }));
    expect((await exchange({ subject_token: token })).status).toBe(200);
    await expectRefused(token);
    await expectRefused(withOtherSpelling(token));
    await issuer[Symbol.asyncDispose]();
  });

  it.each([
    ['jku', { jku: 'http://localhost:1/keys' }],
    ['x5u', { x5u: 'http://localhost:1/chain' }],
    ['jwk', { jwk: { kty: 'RSA', n: 'x', e: 'AQAB' } }],
    ['a foreign kid', { kid: 'key-2' }],
    ['no kid', { kid: undefined }],
    ['a kid that is a path', { kid: '../../etc/passwd' }],
    ['another type', { typ: 'logout+jwt' }],
  ])('whose header has %s', async (_name, header) => {
    await createRule();
    await expectRefused(await github.sign(jobClaims(), header));
  });

  it('signed by nobody', async () => {
    await createRule();
    const token = await github.sign(jobClaims());
    const [, payload = ''] = token.split('.');
    for (const alg of ['none', 'None', 'nOnE']) {
      await expectRefused(`${encode({ alg, kid: 'key-1' })}.${payload}.`);
    }
    await expectRefused(token.slice(0, token.lastIndexOf('.') + 1));
  });

  it('signed with the public key as a secret', async () => {
    await createRule();
    const pem = createPublicKey({ key: { ...github.key.publicJwk }, format: 'jwk' });
    const texts = [
      pem.export({ type: 'spki', format: 'pem' }),
      pem.export({ type: 'spki', format: 'der' }),
      JSON.stringify(github.key.publicJwk),
    ];
    for (const secret of texts) {
      const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${encode({ iss: github.url, exp: nowS + 300, ...jobClaims() })}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      await expectRefused(`${signed}.${mac}`);
    }
  });

  it('signed by another key under the same name', async () => {
    await createRule();
    const forger = await makeIssuerKey('key-1');
    await expectRefused(await signToken(forger, { iss: github.url, ...jobClaims() }));
  });

  it('with a member twice', async () => {
    await createRule();
    const claims = JSON.stringify({ iss: github.url, exp: nowS + 300, ...jobClaims() });
    const twice = claims.replace('{', '{"repository":"acme/other",');
    const signed = await new CompactSign(new TextEncoder().encode(twice))
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .sign(github.key.privateKey);
    await expectRefused(signed);
  });

  it.each([
    ['too long', () => `${'a'.repeat(17_000)}.a.a`],
    ['not three parts', () => 'a.b'],
    ['a signature with padding', () => 'e30.e30.AA=='],
    ['an encrypted token', () => 'e30.AA.AA.AA.AA'],
    ['a text', () => 'hello'],
  ])('that is %s', async (_name, make) => {
    await createRule();
    await expectRefused(make());
  });
});

describe('a form', () => {
  it.each([
    ['of another grant', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['without a grant', { grant_type: '' }, 'invalid_request'],
    ['without a token', { subject_token: '' }, 'invalid_request'],
    ['of another type of token', { subject_token_type: 'urn:x' }, 'invalid_request'],
    ['for two', { actor_token: 'x' }, 'invalid_request'],
    ['for a refresh token', { requested_token_type: 'urn:x' }, 'invalid_request'],
    ['for more than the rule gives', { scope: 'agents:read keys:write' }, 'invalid_scope'],
    ['for an organization that is not here', { audience: 'https://x.example' }, 'invalid_target'],
  ])('%s is refused in the words of OAuth', async (_name, changes, error) => {
    await createRule();
    const subject_token = await github.sign(jobClaims());
    const answer = await exchange({ subject_token, ...changes });
    expect({ status: answer.status, error: answer.body['error'] }).toEqual({ status: 400, error });
  });

  it('for a part of what the rule gives gets that part, by an ID token too', async () => {
    await createRule();
    const { body } = await exchange({
      subject_token: await github.sign(jobClaims()),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      scope: 'agents:read',
      audience: service.url,
    });
    expect(body['scope']).toBe('agents:read');
  });

  it('with a parameter twice, as JSON, or with a query, is refused', async () => {
    const post = async (path: string, init: RequestInit) => {
      const response = await fetch(`${service.url}/api/v1/token-exchange${path}`, {
        method: 'POST',
        ...init,
      });
      return [response.status, ((await response.json()) as { error?: string }).error];
    };
    const twice = new URLSearchParams([...Object.entries(grant), ['grant_type', 'x']]);
    expect(await post('', { body: twice })).toEqual([400, 'invalid_request']);
    expect(await post('?x=1', { body: twice })).toEqual([400, 'invalid_request']);
    const headers = { 'content-type': 'application/json' };
    expect(await post('', { body: '{}', headers })).toEqual([400, 'invalid_request']);
    const long = new URLSearchParams({ subject_token: 'a'.repeat(40_000) });
    expect(await post('', { body: long })).toEqual([400, 'invalid_request']);
    const { status, headers: got } = await fetch(`${service.url}/api/v1/token-exchange`);
    expect([status, got.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('an issuer', () => {
  let issuer: WorkloadIssuer;

  beforeEach(async () => {
    issuer = await startWorkloadIssuer();
    await createRule({ issuer: issuer.url });
    return () => issuer[Symbol.asyncDispose]();
  });

  async function ask() {
    const { status, body } = await exchange({ subject_token: await issuer.sign(jobClaims()) });
    return [status, body['error']];
  }

  it('is asked for nothing by a token that no rule is for', async () => {
    await expectRefused(await issuer.sign(jobClaims({ aud: 'https://x.example' })));
    await expectRefused(await issuer.sign(jobClaims({ ref: 'refs/heads/other' })));
    await expectRefused(await issuer.sign(jobClaims({ exp: nowS - 120 })));
    expect(issuer.asked).toEqual([]);
  });

  it('is asked once for its keys, whatever names are presented', async () => {
    expect((await ask())[0]).toBe(200);
    expect((await ask())[0]).toBe(200);
    for (const kid of ['a', 'b', 'c']) await expectRefused(await issuer.sign(jobClaims(), { kid }));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it.each([
    ['whose key set is down', '/keys', 503, {}],
    ['whose discovery is down', '/.well-known/openid-configuration', 500, {}],
    ['that redirects', '/.well-known/openid-configuration', 302, { location: '/elsewhere' }],
    ['whose key set moved', '/keys', 301, { location: '/elsewhere' }],
  ])('%s decides nothing: come back later', async (_name, path, status, headers) => {
    issuer.replies.set(path, (response) => response.writeHead(status, headers).end());
    expect(await ask()).toEqual([503, 'temporarily_unavailable']);
    expect(issuer.asked).not.toContain('/elsewhere');
  });

  it.each([
    ['names another issuer', () => ({ issuer: 'https://accounts.example' })],
    ['names itself with a slash', (url: string) => ({ issuer: `${url}/` })],
    ['names no key set', () => ({ jwks_uri: undefined })],
    ['has its keys in the network', () => ({ jwks_uri: 'https://169.254.169.254/latest' })],
    ['has its keys at an address', () => ({ jwks_uri: 'http://127.0.0.1:1/keys' })],
    ['has its keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
  ])('whose discovery %s decides nothing', async (_name, change) => {
    issuer.discovery = { ...issuer.discovery, ...change(issuer.url) };
    expect(await ask()).toEqual([503, 'temporarily_unavailable']);
    expect(issuer.asked).not.toContain('/keys');
  });

  it('whose key set is too large decides nothing', async () => {
    issuer.keySet = { keys: [issuer.key.publicJwk], padding: 'x'.repeat(70_000) };
    expect(await ask()).toEqual([503, 'temporarily_unavailable']);
  });

  it.each([
    ['twice under one name', (jwk: JWK) => [jwk, jwk]],
    ['for encryption', (jwk: JWK) => [{ ...jwk, use: 'enc' }]],
    ['for another algorithm', (jwk: JWK) => [{ ...jwk, alg: 'PS256' }]],
    ['with a private half', (jwk: JWK) => [{ ...jwk, d: 'AQAB' }]],
    ['under no name', (jwk: JWK) => [{ ...jwk, kid: undefined }]],
  ])('that publishes its key %s is not believed', async (_name, keys) => {
    issuer.keySet = { keys: keys(issuer.key.publicJwk) };
    await expectRefused(await issuer.sign(jobClaims()));
  });

  it('may publish keys that are not read here beside its own', async () => {
    const others = [
      { kty: 'AKP', kid: 'pq', alg: 'ML-DSA-44' },
      { kty: 'EC', kid: 'x' },
    ];
    issuer.keySet = { keys: [...others, issuer.key.publicJwk] };
    expect((await ask())[0]).toBe(200);
  });
});

describe.each(['RS384', 'PS256', 'ES256', 'ES384', 'Ed25519'])('an issuer that signs %s', (alg) => {
  it('is read', async () => {
    const issuer = await startWorkloadIssuer(alg);
    await createRule({ issuer: issuer.url });
    const subject_token = await issuer.sign(jobClaims());
    expect((await exchange({ subject_token })).status).toBe(200);
    await issuer[Symbol.asyncDispose]();
  });
});

/** The same ECDSA signature in its other spelling: s and n - s verify alike. */
function withOtherSpelling(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const octets = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${octets.subarray(32).toString('hex')}`);
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return [
    header,
    payload,
    Buffer.concat([octets.subarray(0, 32), other]).toString('base64url'),
  ].join('.');
}

function encode(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
