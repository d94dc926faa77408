import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Configuration, Provider } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withAgentClients } from '../../../src/verifier/adapters/oidc-provider.ts';
import { createStubVerifier, stubClientId } from '../../support/stub-verifier.ts';

const resource = 'https://mcp.example';
const redirectUri = 'https://id.example/a/bot/callback';
const jwksUri = 'https://id.example/a/bot/jwks.json';
const grantTypes = ['authorization_code', 'client_credentials', 'refresh_token'];
const metadata = {
  client_id: stubClientId,
  redirect_uris: [redirectUri],
  grant_types: grantTypes,
  response_types: ['code'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks_uri: jwksUri,
  'vc+jwt': 'e30.e30.e30',
};

const verifier = createStubVerifier();
let provider: Provider;
let server: Server;
let agentKey: CryptoKey;
let assertions = 0;

function serveJson(url: string, value: unknown): void {
  const body = new TextEncoder().encode(JSON.stringify(value));
  verifier.documents.set(url, { ok: true, response: { status: 200, headers: new Map(), body } });
}

async function buildConfiguration(): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { x = '', y = '', d = '' } = await exportJWK(privateKey);
  return {
    jwks: { keys: [{ kty: 'EC', crv: 'P-256', x, y, d, alg: 'ES256', use: 'sig' }] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['openid', 'offline_access', 'read:static'],
    pkce: { required: () => false },
    issueRefreshToken: () => true,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { AccessToken: 60, ClientCredentials: 60, RefreshToken: 60, Grant: 60, IdToken: 60 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read:logs read:pii',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  agentKey = privateKey;
  serveJson(stubClientId, metadata);
  serveJson(jwksUri, { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }] });
  server = createServer((request, response) => void provider.callback()(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  provider = new Provider(issuer, withAgentClients(await buildConfiguration(), verifier));
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  verifier.onRead = () => undefined;
  verifier.verdict = { permitted: ['read:logs'], client: { grantTypes } };
});

interface TokenResponse {
  readonly status: number;
  readonly error?: string;
  readonly scope?: string;
  readonly access_token?: string;
  readonly refresh_token?: string;
}

async function requestToken(parameters: Record<string, string>): Promise<TokenResponse> {
  assertions += 1;
  const assertion = await new SignJWT({ jti: `assertion-${assertions}` })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(stubClientId)
    .setSubject(stubClientId)
    .setAudience(provider.issuer)
    .setExpirationTime('1m')
    .sign(agentKey);
  const response = await fetch(new URL('/token', provider.issuer), {
    method: 'POST',
    body: new URLSearchParams({
      ...parameters,
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** What a person agreed to some time ago, when the papers may have permitted more. */
async function authorize(scope: string, forResource?: string): Promise<string> {
  const client = await provider.Client.find(stubClientId);
  if (client === undefined) throw new Error('the agent is no client');
  const grant = new provider.Grant({ accountId: 'someone', clientId: stubClientId });
  if (forResource === undefined) grant.addOIDCScope(scope);
  else grant.addResourceScope(forResource, scope);
  const code = new provider.AuthorizationCode({
    accountId: 'someone',
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    redirectUri,
    scope,
    ...(forResource !== undefined && { resource: forResource }),
  });
  return code.save();
}

function redeem(code: string, more: Record<string, string> = {}): Promise<TokenResponse> {
  const fixed = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  return requestToken({ ...fixed, ...more });
}

function scopeIn(answer: TokenResponse): unknown {
  return decodeJwt(answer.access_token ?? '')['scope'];
}

describe('client credentials', () => {
  it('narrow the scopes of a resource server', async () => {
    const scope = 'read:logs read:pii';
    const answer = await requestToken({ grant_type: 'client_credentials', scope, resource });
    expect(answer).toMatchObject({ status: 200, scope: 'read:logs' });
    expect(scopeIn(answer)).toBe('read:logs');
  });

  it('give no scope of the server’s own that the papers withhold', async () => {
    const answer = await requestToken({ grant_type: 'client_credentials', scope: 'read:static' });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_scope', scope: 'read:static' });
    expect(answer.access_token).toBeUndefined();
  });

  it('give a scope of the server’s own that the papers permit', async () => {
    verifier.verdict = { permitted: ['read:static'], client: { grantTypes } };
    const answer = await requestToken({ grant_type: 'client_credentials', scope: 'read:static' });
    expect(answer).toMatchObject({ status: 200, scope: 'read:static' });
  });
});

describe('keys that were swapped after the client was allowed', () => {
  it.each([
    ['with a resource', { resource, scope: 'read:logs' }],
    ['without a scope', {}],
  ])('authenticate nobody %s', async (_case, parameters) => {
    verifier.onRead = (url) => {
      if (url !== jwksUri) return;
      verifier.verdict = { outcome: 'rejected', reason: 'key-binding-mismatch' };
    };
    const answer = await requestToken({ grant_type: 'client_credentials', ...parameters });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_client' });
    expect(answer.access_token).toBeUndefined();
  });
});

describe('an authorization code', () => {
  it('is worth what the papers permit when it is redeemed', async () => {
    const code = await authorize('read:logs read:pii', resource);
    const answer = await redeem(code, { resource });
    expect(answer.status).toBe(200);
    expect(scopeIn(answer)).toBe('read:logs');
  });

  it('is refused for scopes without a resource that the papers withhold', async () => {
    const code = await authorize('read:static');
    expect(await redeem(code)).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it('is worth nothing once the agent is refused', async () => {
    const code = await authorize('read:logs', resource);
    verifier.verdict = { outcome: 'rejected', reason: 'status-suspended' };
    expect(await redeem(code, { resource })).toMatchObject({
      status: 400,
      error: 'invalid_client',
    });
  });
});

describe('a refresh token', () => {
  it('gives less once the papers permit less, and nothing once the agent is refused', async () => {
    verifier.verdict = { permitted: ['read:logs', 'read:pii'], client: { grantTypes } };
    const code = await authorize('read:logs read:pii', resource);
    const first = await redeem(code, { resource });
    expect(scopeIn(first)).toBe('read:logs read:pii');

    const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' };
    verifier.verdict = { permitted: ['read:logs'], client: { grantTypes } };
    const second = await requestToken({ ...refresh, resource });
    expect(scopeIn(second)).toBe('read:logs');

    verifier.verdict = { outcome: 'rejected', reason: 'status-revoked' };
    const third = await requestToken({ ...refresh, resource });
    expect(third).toMatchObject({ status: 400, error: 'invalid_client' });
  });
});

describe('the client', () => {
  it('keeps its passport for the operator’s own use', async () => {
    const client = await provider.Client.find(stubClientId);
    expect(client?.['vc+jwt']).toBe('e30.e30.e30');
  });

  it('is answered 503 while the verifier does not know', async () => {
    verifier.verdict = { outcome: 'undetermined', reason: 'status-unavailable' };
    expect(await requestToken({ grant_type: 'client_credentials' })).toMatchObject({
      status: 503,
      error: 'temporarily_unavailable',
    });
  });

  it('is read anew at each use: a new document counts at once', async () => {
    const scope = 'read:logs';
    const ask = () => requestToken({ grant_type: 'client_credentials', scope, resource });
    expect((await ask()).status).toBe(200);
    const moved = 'https://id.example/a/bot/moved';
    serveJson(stubClientId, { ...metadata, redirect_uris: [moved] });
    expect(await ask()).toMatchObject({ status: 400, error: 'invalid_client' });
    verifier.verdict = {
      permitted: ['read:logs'],
      client: { grantTypes, redirectUris: [moved] },
    };
    expect((await ask()).status).toBe(200);
    serveJson(stubClientId, metadata);
  });
});
