import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  calculateJwkThumbprint,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
} from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentAuth, createClientAssertion, loadKey } from '../../src/agent-client/index.ts';

const clientId = 'https://id.acme.com/a/bot/client.json';
const audience = 'https://as.example';
const keys: Record<string, Record<string, unknown>> = {};

beforeAll(async () => {
  for (const alg of ['ES256', 'Ed25519', 'ES384', 'RS256']) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    keys[alg] = { ...(await exportJWK(privateKey)) };
  }
});

describe('an assertion', () => {
  it.each(['ES256', 'Ed25519'])('of a key of %s names key, type, server and end', async (alg) => {
    const jwk = keys[alg] ?? {};
    const key = await loadKey({ jwk });
    const assertion = await createClientAssertion({ clientId, audience, key });
    const { d: _private, ...publicJwk } = jwk;
    const { payload, protectedHeader } = await jwtVerify(
      assertion,
      await importJWK(publicJwk, alg),
    );
    expect(protectedHeader).toEqual({
      alg,
      typ: 'client-authentication+jwt',
      kid: await calculateJwkThumbprint(publicJwk),
    });
    expect(payload).toMatchObject({ iss: clientId, sub: clientId, aud: audience });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    const other = await createClientAssertion({ clientId, audience, key });
    expect(decodeJwt(other).jti).not.toBe(payload.jti);
  });

  it.each([0, 121, Number.NaN])('does not live for %s seconds', async (lifetimeS) => {
    const key = await loadKey({ jwk: keys['ES256'] ?? {} });
    await expect(createClientAssertion({ clientId, audience, key, lifetimeS })).rejects.toThrow(
      'An assertion lives for 1 to 120 seconds.',
    );
  });
});

describe('a key', () => {
  it.each([
    ['a public half', () => ({ ...keys['ES256'], d: undefined })],
    ['another curve', () => keys['ES384'] ?? {}],
    ['another kind', () => keys['RS256'] ?? {}],
    ['a half of another', () => ({ ...keys['ES256'], x: keys['ES384']?.['x'] })],
  ])('that is %s is refused, in words that hold nothing of it', async (_what, make) => {
    const jwk = make();
    const refusal = await loadKey({ jwk }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TypeError);
    const said = `${String(refusal)} ${String((refusal as Error).cause)}`;
    for (const secret of Object.values(jwk).filter((value) => String(value).length > 20)) {
      expect(said).not.toContain(String(secret));
    }
  });

  it('is read from a variable, and what is no JSON is not repeated', async () => {
    const text = JSON.stringify(keys['ES256']);
    expect((await loadKey({ env: 'KEY' }, { KEY: text })).algorithm).toBe('ES256');
    const cut = await loadKey({ env: 'KEY' }, { KEY: text.slice(0, -1) }).catch(String);
    expect(cut).toBe('TypeError: The key is not a private JWK.');
    await expect(loadKey({ env: 'KEY' }, {})).rejects.toThrow('The variable KEY is not set.');
  });
});

describe('the provider for the MCP SDK', () => {
  async function authenticate(issuer: string | undefined, audiences = {}) {
    const key = await loadKey({ jwk: keys['ES256'] ?? {} });
    const provider: OAuthClientProvider = agentAuth({
      ...{ clientId, key, audiences },
      issuers: [audience],
    });
    const parameters = new URLSearchParams();
    const metadata = issuer === undefined ? undefined : { issuer };
    await provider.addClientAuthentication?.(
      new Headers(),
      parameters,
      `${audience}/token`,
      metadata as Parameters<NonNullable<OAuthClientProvider['addClientAuthentication']>>[3],
    );
    return parameters;
  }

  it('signs for the server by its issuer, or by what it wants in its place', async () => {
    const parameters = await authenticate(audience);
    expect(parameters.get('client_id')).toBe(clientId);
    expect(parameters.get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    );
    expect(decodeJwt(parameters.get('client_assertion') ?? '').aud).toBe(audience);
    const other = await authenticate(audience, { [audience]: `${audience}/token` });
    expect(decodeJwt(other.get('client_assertion') ?? '').aud).toBe(`${audience}/token`);
  });

  it.each([['https://evil.example'], [`${audience}/`], [undefined]])(
    'signs nothing for a server that the agent does not know (%s)',
    async (issuer) => {
      await expect(authenticate(issuer)).rejects.toThrow('not one that this agent');
    },
  );
});
