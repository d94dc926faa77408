import * as errors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TokenVerifier, withAgentTokens } from '../../../src/verifier/adapters/mcp.ts';
import {
  type McpAuthorizationServer,
  startMcpAuthorizationServer,
} from '../../support/mcp-authorization-server.ts';
import { createStubVerifier, stubClientId } from '../../support/stub-verifier.ts';

const verifier = createStubVerifier();
const permitted = ['read:logs/production'];
const agent = { clientId: stubClientId, redirectUri: 'https://id.example/a/bot/callback' };
const rejected = { outcome: 'rejected', reason: 'status-revoked', permitted } as const;
const undetermined = { outcome: 'undetermined', reason: 'status-stale', permitted } as const;

let server: McpAuthorizationServer;
let reported: string[];

beforeAll(async () => {
  server = await startMcpAuthorizationServer(verifier, {
    ownScopes: ['openid'],
    onVerdict: ({ outcome, report }) => reported.push(`${outcome} ${report.input.value}`),
  });
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(() => {
  verifier.verdict = { permitted };
  verifier.asked.length = 0;
  reported = [];
  server.overissue(undefined);
});

describe('mcpAuthRouter with agents for clients', () => {
  it('redirects to a URI of the verified document, and issues the permitted scopes', async () => {
    const { status, scope, body } = await server.obtainToken(
      agent,
      'read:logs/production read:logs/pii openid',
    );
    expect([status, scope]).toEqual([200, 'read:logs/production openid']);
    expect(await server.call(body['access_token'])).toMatchObject({
      status: 200,
      body: { scopes: ['read:logs/production', 'openid'] },
    });
    expect(new Set(reported)).toEqual(new Set([`accepted ${stubClientId}`]));
  });

  it('does not redirect to a URI that the document does not name', async () => {
    const answer = await server.authorize({ ...agent, redirectUri: 'https://evil.example/' });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_request', location: undefined });
  });

  it('says invalid_scope when the papers permit nothing of what is asked for', async () => {
    const answer = await server.authorize(agent, 'read:logs/pii');
    expect(answer).toMatchObject({ status: 302, error: 'invalid_scope' });
    expect(answer.location?.origin).toBe('https://id.example');
  });

  it.each([
    [rejected, 'invalid_client'],
    [undetermined, 'temporarily_unavailable'],
    [{ client: null }, 'invalid_client'],
  ] as const)('answers %o at both endpoints with %s', async (verdict, error) => {
    const { location } = await server.authorize(agent, 'read:logs/production');
    const code = location?.searchParams.get('code') ?? '';
    verifier.verdict = verdict;
    const refused = { status: 400, error, location: undefined };
    expect(await server.authorize(agent, 'read:logs/production')).toMatchObject(refused);
    const exchange = { grant_type: 'authorization_code', client_id: stubClientId, code };
    expect(await server.requestToken({ ...exchange, code_verifier: 'x' })).toMatchObject(refused);
    expect(
      await server.requestToken({
        grant_type: 'refresh_token',
        client_id: stubClientId,
        refresh_token: 'x',
      }),
    ).toMatchObject(refused);
  });

  it.each([true, false])(
    'hands out no token with more than the papers permit: %o',
    async (named) => {
      server.overissue(['read:logs/production', 'write:everything'], named);
      const answer = await server.obtainToken(agent, 'read:logs/production');
      expect(answer).toMatchObject({ status: 400, error: 'invalid_scope' });
      expect(answer.body).not.toHaveProperty('access_token');
    },
  );

  it('hands out a token that does not name its scopes when they are permitted', async () => {
    server.overissue(['read:logs/production'], false);
    const answer = await server.obtainToken(agent, 'read:logs/production');
    expect(answer).toMatchObject({ status: 200, scope: undefined });
  });

  it('narrows a refresh that names scopes, and refuses one of a grant that is too wide', async () => {
    verifier.verdict = { permitted: [...permitted, 'read:logs/pii'] };
    const both = 'read:logs/production read:logs/pii';
    const { body } = await server.obtainToken(agent, both);
    const refresh = {
      grant_type: 'refresh_token',
      client_id: stubClientId,
      refresh_token: String(body['refresh_token']),
    };
    expect(await server.requestToken(refresh)).toMatchObject({ status: 200, scope: both });
    verifier.verdict = { permitted };
    expect(await server.requestToken(refresh)).toMatchObject({ error: 'invalid_scope' });
    expect(await server.requestToken({ ...refresh, scope: both })).toMatchObject({
      status: 200,
      scope: 'read:logs/production',
    });
  });

  it('lets a client that registered itself be, and asks the verifier nothing about it', async () => {
    const redirectUri = 'https://client.example/callback';
    const response = await fetch(`${server.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
    });
    const { client_id: clientId } = (await response.json()) as { client_id: string };
    const { status, scope, body } = await server.obtainToken(
      { clientId, redirectUri },
      'write:everything',
    );
    expect([status, scope]).toEqual([200, 'write:everything']);
    expect(await server.call(body['access_token'])).toMatchObject({ status: 403 });
    expect(verifier.asked).toEqual([]);
  });

  it('takes no client with a URL for a name from the store', async () => {
    verifier.verdict = rejected;
    server.clients.set(stubClientId, {
      client_id: stubClientId,
      redirect_uris: ['https://evil.example/'],
    });
    const answer = await server.authorize({ ...agent, redirectUri: 'https://evil.example/' });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_client' });
    server.clients.clear();
  });

  it('revokes a token for the provider', async () => {
    const { body } = await server.obtainToken(agent, 'read:logs/production');
    const token = String(body['access_token']);
    const parameters = new URLSearchParams({ client_id: stubClientId, token });
    await fetch(`${server.url}/revoke`, { method: 'POST', body: parameters });
    expect(await server.call(token)).toMatchObject({ status: 401, error: 'invalid_token' });
  });
});

describe('requireBearerAuth with the papers of the agent', () => {
  it.each([
    [{ permitted }, 200, undefined],
    [rejected, 401, 'invalid_token'],
    [undetermined, 400, 'temporarily_unavailable'],
    [{ permitted: [] }, 403, 'insufficient_scope'],
    [{ ...rejected, advisory: true }, 200, undefined],
    [{ ...undetermined, advisory: true }, 200, undefined],
  ] as const)('a live token under the verdict %o: %d %s', async (verdict, status, error) => {
    const { body } = await server.obtainToken(agent, 'read:logs/production');
    verifier.verdict = verdict;
    const answer = await server.call(body['access_token']);
    expect([answer.status, answer.error]).toEqual([status, error]);
  });

  it('asks after the token was checked by those who issue it, and only for agents', async () => {
    const tokens: TokenVerifier = {
      verifyAccessToken: async (token) => ({
        token,
        clientId: token === 'agent' ? stubClientId : 'another',
        scopes: ['read:logs/production', 'read:logs/pii'],
        extra: { tenant: 'acme' },
      }),
    };
    const guarded = withAgentTokens(tokens, verifier, { errors });
    expect(await guarded.verifyAccessToken('agent')).toEqual({
      token: 'agent',
      clientId: stubClientId,
      scopes: ['read:logs/production'],
      extra: { tenant: 'acme' },
    });
    expect(verifier.asked).toEqual([{ scope: 'read:logs/production read:logs/pii' }]);
    const other = await guarded.verifyAccessToken('other');
    expect(other.scopes).toEqual(['read:logs/production', 'read:logs/pii']);
    expect(verifier.asked).toHaveLength(1);
  });
});

describe('a verdict that is advisory', () => {
  it('is reported and not acted on', async () => {
    verifier.verdict = { ...rejected, advisory: true };
    const { status, scope } = await server.obtainToken(agent, 'read:logs/pii');
    expect([status, scope]).toEqual([200, 'read:logs/pii']);
    expect(new Set(reported)).toEqual(new Set([`rejected ${stubClientId}`]));
  });
});
