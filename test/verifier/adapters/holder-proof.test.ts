import { generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorldAgent } from '../../support/agent-world.ts';
import { type ProtectedPlace, startProtectedPlace } from '../../support/protected-place.ts';

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const scope = 'read:logs/production';

let place: ProtectedPlace;
let agent: WorldAgent;
let assertions = 0;

beforeAll(async () => {
  place = await startProtectedPlace();
  agent = await place.world.publish({ handle: 'triage-bot', authorizedScopes: [scope] });
});

afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly jti?: string | undefined;
  readonly exp?: number | undefined;
}

/** An assertion of the agent (RFC 7523 §3), but for these claims and this key. */
async function assertionWith(changes: Claims = {}, key?: CryptoKey): Promise<string> {
  assertions += 1;
  const now = Math.floor(Date.now() / 1_000);
  const { clientId: iss } = agent;
  const jti = `assertion-${assertions}`;
  const claims = { iss, sub: iss, aud: place.issuer, jti, iat: now, exp: now + 60, ...changes };
  const own = await importJWK(agent.privateJwk as JWK, 'ES256');
  const payload = JSON.parse(JSON.stringify(claims));
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(key ?? own);
}

async function requestToken(parameters: Readonly<Record<string, string>>) {
  const response = await fetch(new URL('/token', place.issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: agent.clientId,
      resource: place.resource,
      scope,
      ...parameters,
    }),
  });
  const body = (await response.json()) as { readonly error?: string; readonly scope?: string };
  return { status: response.status, ...body };
}

async function requestBy(assertion: string) {
  return requestToken({ client_assertion_type: jwtBearer, client_assertion: assertion });
}

const refused = { error: 'invalid_client' };

describe('a token is had by whoever proves to hold the key that the papers name', () => {
  it('oauth:CID-61, oauth:VCM-31: with an assertion by that key', async () => {
    expect(await requestBy(await assertionWith())).toMatchObject({ status: 200 });
  });

  it('F-13, oauth:VCM-32: not with a key that is not in the key set', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    expect(await requestBy(await assertionWith({}, privateKey))).toMatchObject(refused);
  });

  const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
  it.each<[string, Claims, string?]>([
    ['F-13 another audience', { aud: 'https://other.example' }],
    ['F-13 another issuer', { iss: 'https://id.acme.com/a/other-bot/client.json' }],
    [
      'F-13 another subject',
      { sub: 'https://id.acme.com/a/other-bot/client.json' },
      '400 invalid_request',
    ],
    ['F-13 no end', { exp: undefined }],
    ['F-13 an end in the past', { exp: hourAgo }],
    ['F-13 no name of its own', { jti: undefined }],
  ])('%s is refused', async (_name, claims, answer = '401 invalid_client') => {
    const { status, error } = await requestBy(await assertionWith(claims));
    expect(`${status} ${error}`).toBe(answer);
  });

  it('F-13 not twice with one assertion', async () => {
    const assertion = await assertionWith();
    expect(await requestBy(assertion)).toMatchObject({ status: 200 });
    expect(await requestBy(assertion)).toMatchObject(refused);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['F-14 the client_id alone', {}],
    ['F-14 a shared secret', { client_secret: 'hush' }],
    ['F-14 an empty assertion', { client_assertion_type: jwtBearer, client_assertion: '' }],
  ])('%s describes a client and does not authenticate it', async (_name, parameters) => {
    const verdict = await place.authorizationVerifier.verifyClient(agent.clientId, { scope });
    expect(verdict).toMatchObject({ outcome: 'accepted', granted: [scope] });
    const { status, error } = await requestToken(parameters);
    expect([status, error]).toEqual([401, 'invalid_client']);
  });

  it('F-14 nor does the passport in the place of an assertion', async () => {
    const { 'vc+jwt': passport } = place.world.documentAt('/a/triage-bot/client.json');
    expect(await requestBy(String(passport))).toMatchObject(refused);
  });
});

describe('the authorization endpoint', () => {
  async function authorize(redirectUri: string) {
    const url = new URL('/auth', place.issuer);
    url.search = new URLSearchParams({
      client_id: agent.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      resource: place.resource,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString();
    const response = await fetch(url, { redirect: 'manual' });
    return { status: response.status, location: response.headers.get('location') };
  }

  it('oauth:CID-50 redirects to a URI of the document', async () => {
    const { status, location } = await authorize(agent.redirectUri);
    expect(status).toBe(303);
    expect(location).not.toBeNull();
  });

  it.each(['/', '?x=1', '%2f', '#x'])(
    'oauth:CID-50, oauth:MCP-05: not to one that differs by %j',
    async (suffix) => {
      const { status, location } = await authorize(`${agent.redirectUri}${suffix}`);
      expect([status, location]).toEqual([400, null]);
    },
  );
});

it('oauth:CID-80: the server says that it takes client metadata documents', async () => {
  const url = new URL('/.well-known/oauth-authorization-server', place.issuer);
  const openid = new URL('/.well-known/openid-configuration', place.issuer);
  const answers = await Promise.all([fetch(url), fetch(openid)]);
  const found = answers.find(({ status }) => status === 200);
  expect(await found?.json()).toMatchObject({ client_id_metadata_document_supported: true });
});
