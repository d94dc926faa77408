import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Disposals } from '../../src/demo/disposals.ts';
import { listenHttps } from '../../src/demo/listen-https.ts';
import { startLogServer } from '../../src/demo/mcp-server.ts';
import { testCertificates } from '../support/agent-world.ts';
import { createStubVerifier, type StubVerifier, stubClientId } from '../support/stub-verifier.ts';

/** An access token of RFC 9068, and the ways in which a test spoils it. */
interface TokenFaults {
  readonly issuer?: string;
  readonly audience?: string;
  readonly typ?: string;
  readonly scope?: string;
  readonly expiresIn?: string;
  readonly foreignKey?: boolean;
}

const disposals = new Disposals();
let verifier: StubVerifier;
let url = '';
let mint: (faults?: TokenFaults) => Promise<string>;

beforeAll(async () => {
  const certificates = testCertificates();
  const authorizationServer = disposals.use(await listenHttps(certificates));
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const foreign = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }];
  authorizationServer.handle((_request, response) => response.end(JSON.stringify({ keys })));
  const issuer = authorizationServer.url;
  verifier = createStubVerifier();
  const server = disposals.use(await startLogServer({ certificates, issuer, verifier }));
  url = server.url;
  mint = (faults = {}) =>
    new SignJWT({ client_id: stubClientId, scope: faults.scope ?? 'read:logs/production' })
      .setProtectedHeader({ alg: 'ES256', typ: faults.typ ?? 'at+jwt' })
      .setIssuer(faults.issuer ?? issuer)
      .setAudience(faults.audience ?? url)
      .setExpirationTime(faults.expiresIn ?? '5m')
      .sign(faults.foreignKey ? foreign.privateKey : privateKey);
});

afterAll(async () => {
  await disposals[Symbol.asyncDispose]();
});

beforeEach(() => {
  verifier.verdict = { permitted: ['read:logs/production'] };
});

function toolCall(name: string) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } };
}

async function post(token: string | undefined, message: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(message),
  });
}

describe('the log server', () => {
  it('names its authorization server in its metadata', async () => {
    const response = await fetch(new URL('/.well-known/oauth-protected-resource/mcp', url));
    expect(await response.json()).toMatchObject({
      resource: url,
      scopes_supported: ['read:logs/production', 'read:logs/pii'],
    });
  });

  it('serves a tool to a token with its scope', async () => {
    const response = await post(await mint(), toolCall('read_logs'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ result: { content: [{ type: 'text' }] } });
  });

  it('answers 401 without a token and says where its metadata is', async () => {
    const response = await post(undefined, toolCall('read_logs'));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain(
      `resource_metadata="${new URL('/.well-known/oauth-protected-resource/mcp', url).href}"`,
    );
  });

  it.each([
    ['of another issuer', { issuer: 'https://elsewhere.example' }],
    ['for another resource', { audience: 'https://elsewhere.example/mcp' }],
    ['of another type', { typ: 'JWT' }],
    ['that has expired', { expiresIn: '-1m' }],
    ['signed with another key', { foreignKey: true }],
  ])('answers 401 to a token %s', async (_fault, faults) => {
    expect((await post(await mint(faults), toolCall('read_logs'))).status).toBe(401);
  });

  it.each([
    ['a call', toolCall('read_pii')],
    ['a batch', [toolCall('read_logs'), toolCall('read_pii')]],
  ])('answers insufficient_scope to %s of a tool outside the token', async (_kind, message) => {
    const response = await post(await mint(), message);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain(
      'Bearer error="insufficient_scope", scope="read:logs/pii"',
    );
    expect(await response.json()).toMatchObject({ error: 'insufficient_scope' });
  });

  it('takes a scope that the token has and the papers withhold for withheld', async () => {
    const token = await mint({ scope: 'read:logs/pii' });
    const response = await post(token, toolCall('read_pii'));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'agent-action-withheld' });
  });

  it('refuses a live token once its agent is no longer in good standing', async () => {
    verifier.verdict = { outcome: 'rejected', reason: 'status-suspended' };
    const response = await post(await mint(), toolCall('read_logs'));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ reason: 'status-suspended' });
  });

  it('keeps to POST', async () => {
    const response = await fetch(url);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
