import { describe, expect, it } from 'vitest';
import {
  type AgentUse,
  agentClientId,
  withAgentClients,
} from '../../../src/verifier/adapters/oidc-provider.ts';
import type { Verdict } from '../../../src/verifier/verdict.ts';
import { createStubVerifier, stubClientId } from '../../support/stub-verifier.ts';

/** The merged members as node-oidc-provider calls them. */
interface Merged {
  readonly fetch: typeof globalThis.fetch;
  readonly clients?: readonly unknown[];
  readonly extraParams?: unknown;
  readonly extraClientMetadata: {
    readonly properties: readonly string[];
    readonly validator: (...parameters: readonly unknown[]) => unknown;
  };
  readonly extraTokenClaims: (context: unknown, token: unknown) => Promise<unknown>;
  readonly features: {
    readonly clientCredentials?: unknown;
    readonly clientIdMetadataDocument: {
      readonly enabled: boolean;
      readonly ack: string;
      readonly allowFetch: (context: unknown, clientId: string) => Promise<boolean>;
      readonly allowClient: (context: unknown, client: unknown) => Promise<boolean>;
      readonly cacheDuration: { readonly min: number; readonly max: number };
    };
    readonly resourceIndicators?: {
      readonly enabled?: boolean;
      readonly getResourceServerInfo?: (
        context: unknown,
        resource: string,
        client: unknown,
      ) => Promise<{ readonly scope: string }>;
    };
  };
}

const heldClient = {
  clientId: stubClientId,
  clientIdMetadataDocument: true,
  redirectUris: ['https://id.example/a/bot/callback'],
  grantTypes: ['client_credentials', 'authorization_code'],
  tokenEndpointAuthMethod: 'private_key_jwt',
  jwksUri: 'https://id.example/a/bot/jwks.json',
};

const context = { oidc: { params: { scope: 'read:logs read:pii' } } };

function merge(
  configuration: object = {},
  options: Parameters<typeof withAgentClients>[2] = {},
): { readonly merged: Merged; readonly verifier: ReturnType<typeof createStubVerifier> } {
  const verifier = createStubVerifier();
  return { merged: withAgentClients(configuration, verifier, options) as Merged, verifier };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('the merged configuration', () => {
  it('switches metadata documents on, without a cache of the server’s own', () => {
    const { merged } = merge();
    expect(merged.features.clientIdMetadataDocument).toMatchObject({
      enabled: true,
      ack: 'draft-02',
      cacheDuration: { min: 0, max: 0 },
    });
    expect(merged.extraClientMetadata.properties).toEqual(['vc+jwt']);
    expect(merged.extraClientMetadata.validator(undefined, 'vc+jwt', 'x', {})).toBeUndefined();
  });

  it('keeps everything else, and changes nothing in the object it was given', () => {
    const validator = () => undefined;
    const given = {
      clients: [{ client_id: 'static' }],
      extraClientMetadata: { properties: ['department', 'vc+jwt'], validator },
      features: { clientCredentials: { enabled: true }, resourceIndicators: { enabled: true } },
    };
    const before = structuredClone({ ...given, extraClientMetadata: undefined });
    const { merged } = merge(given);
    expect(merged.clients).toBe(given.clients);
    expect(merged.features.clientCredentials).toEqual({ enabled: true });
    expect(merged.features.resourceIndicators).toEqual({ enabled: true });
    expect(merged.extraClientMetadata).toEqual({ properties: ['department', 'vc+jwt'], validator });
    expect({ ...given, extraClientMetadata: undefined }).toEqual(before);
  });

  it('takes what says the same', () => {
    const cimd = { enabled: true, ack: 'draft-02', cacheDuration: { min: 0 } };
    const { merged } = merge({ features: { clientIdMetadataDocument: cimd } });
    expect(merged.features.clientIdMetadataDocument).toMatchObject({
      cacheDuration: { min: 0, max: 0 },
    });
  });

  it.each([
    ['fetch', { fetch: globalThis.fetch }],
    [
      'features.clientIdMetadataDocument.enabled',
      { features: { clientIdMetadataDocument: { enabled: false } } },
    ],
    [
      'features.clientIdMetadataDocument.ack',
      { features: { clientIdMetadataDocument: { ack: 'draft-03' } } },
    ],
    [
      'features.clientIdMetadataDocument.allowClient',
      { features: { clientIdMetadataDocument: { allowClient: () => true } } },
    ],
    [
      'features.clientIdMetadataDocument.cacheDuration.max',
      { features: { clientIdMetadataDocument: { cacheDuration: { max: 86400 } } } },
    ],
    ['features', { features: 'all' }],
  ])('refuses a conflicting %s by its path', (path, configuration) => {
    expect(() => merge(configuration)).toThrow(TypeError);
    expect(() => merge(configuration)).toThrow(`${path} is set by withAgentClients`);
  });
});

describe('allowFetch', () => {
  it('asks the verifier with the requested scope', async () => {
    const { merged, verifier } = merge();
    const { allowFetch } = merged.features.clientIdMetadataDocument;
    expect(await allowFetch(context, stubClientId)).toBe(true);
    expect(verifier.asked).toEqual([{ scope: 'read:logs read:pii' }]);
  });

  it('works outside a request, where there is no context', async () => {
    const { merged, verifier } = merge();
    const { allowFetch } = merged.features.clientIdMetadataDocument;
    expect(await allowFetch(undefined, stubClientId)).toBe(true);
    expect(verifier.asked).toEqual([{}]);
  });

  it('refuses what the verifier rejects, and says so to the operator', async () => {
    const seen: [Verdict['reason'], AgentUse][] = [];
    const { merged, verifier } = merge({}, { onVerdict: (v, use) => seen.push([v.reason, use]) });
    verifier.verdict = { outcome: 'rejected', reason: 'issuer-not-trusted', client: null };
    const { allowFetch } = merged.features.clientIdMetadataDocument;
    expect(await allowFetch(context, stubClientId)).toBe(false);
    expect(seen).toEqual([
      ['issuer-not-trusted', { clientId: stubClientId, allowed: false, differing: [] }],
    ]);
    expect(verifier.urlsRead).toEqual([]);
  });
});

describe('allowClient', () => {
  it('allows what equals the verified document', async () => {
    const seen: AgentUse[] = [];
    const { merged } = merge({}, { onVerdict: (_verdict, use) => seen.push(use) });
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, heldClient)).toBe(true);
    expect(seen).toEqual([{ clientId: stubClientId, allowed: true, differing: [] }]);
  });

  it.each([
    ['redirect_uris', { redirectUris: ['https://evil.example/callback'] }],
    ['redirect_uris', { redirectUris: [] }],
    [
      'redirect_uris',
      { redirectUris: [...heldClient.redirectUris, 'https://evil.example/callback'] },
    ],
    ['jwks_uri', { jwksUri: 'https://evil.example/jwks.json' }],
    ['jwks_uri', { jwksUri: undefined }],
    ['jwks', { jwks: { keys: [] } }],
    ['token_endpoint_auth_method', { tokenEndpointAuthMethod: 'none' }],
    ['grant_types', { grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'] }],
    [
      'grant_types',
      { grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'] },
    ],
  ])('refuses a client that differs in %s: %o', async (member, change) => {
    const seen: AgentUse[] = [];
    const { merged } = merge({}, { onVerdict: (_verdict, use) => seen.push(use) });
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, { ...heldClient, ...change })).toBe(false);
    expect(seen).toEqual([{ clientId: stubClientId, allowed: false, differing: [member] }]);
  });

  it('takes the grant types that the server kept for those that the document names', async () => {
    const { merged } = merge();
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, { ...heldClient, grantTypes: ['client_credentials'] })).toBe(
      true,
    );
  });

  it('takes authorization_code, which the server adds, though the document does not name it', async () => {
    const { merged, verifier } = merge();
    verifier.verdict = { client: { grantTypes: ['client_credentials'] } };
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, heldClient)).toBe(true);
  });

  it.each([
    ['redirect_uris', { redirectUris: [...heldClient.redirectUris, 'https://id.example/other'] }],
    ['client_id', { clientId: 'https://id.example/a/other/client.json' }],
  ])('refuses a client of which another %s was verified', async (member, change) => {
    const seen: AgentUse[] = [];
    const { merged, verifier } = merge({}, { onVerdict: (_verdict, use) => seen.push(use) });
    verifier.verdict = { client: change };
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, heldClient)).toBe(false);
    expect(seen).toEqual([{ clientId: stubClientId, allowed: false, differing: [member] }]);
  });

  it('refuses an accepted verdict without a client to compare with', async () => {
    const seen: AgentUse[] = [];
    const { merged, verifier } = merge({}, { onVerdict: (_verdict, use) => seen.push(use) });
    verifier.verdict = { client: null };
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, heldClient)).toBe(false);
    expect(seen).toEqual([{ clientId: stubClientId, allowed: false, differing: ['client_id'] }]);
  });

  it('refuses a rejected client', async () => {
    const { merged, verifier } = merge();
    verifier.verdict = { outcome: 'rejected', reason: 'status-suspended' };
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, heldClient)).toBe(false);
  });

  it('answers temporarily_unavailable when the verifier does not know', async () => {
    const { merged, verifier } = merge();
    verifier.verdict = { outcome: 'undetermined', reason: 'status-unavailable' };
    const { allowClient, allowFetch } = merged.features.clientIdMetadataDocument;
    const expected = {
      message: 'temporarily_unavailable',
      error_description: 'the client could not be verified at this time',
      statusCode: 503,
      expose: true,
      allow_redirect: false,
    };
    await expect(allowClient(context, heldClient)).rejects.toMatchObject(expected);
    await expect(allowFetch(context, stubClientId)).rejects.toMatchObject(expected);
  });
});

describe('one lookup', () => {
  it('takes one verdict, before the document is read, and compares it with what was read', async () => {
    const { merged, verifier } = merge();
    const { allowFetch, allowClient } = merged.features.clientIdMetadataDocument;
    const request = { oidc: { params: { scope: 'read:logs' } } };
    expect(await allowFetch(request, stubClientId)).toBe(true);
    expect(await allowClient(request, { ...heldClient, redirectUris: [] })).toBe(false);
    expect(verifier.asked).toEqual([{ scope: 'read:logs' }]);
  });

  it('takes its own, in the same request too', async () => {
    const { merged, verifier } = merge();
    const { allowFetch, allowClient } = merged.features.clientIdMetadataDocument;
    const request = { oidc: { params: {} } };
    await allowFetch(request, stubClientId);
    expect(await allowClient(request, heldClient)).toBe(true);
    verifier.verdict = { outcome: 'rejected', reason: 'status-revoked' };
    expect(await allowClient(request, heldClient)).toBe(false);
    expect(await allowFetch(request, stubClientId)).toBe(false);
  });

  it('takes no verdict on another client, and none of another request', async () => {
    const { merged, verifier } = merge();
    const { allowFetch, allowClient } = merged.features.clientIdMetadataDocument;
    const request = { oidc: { params: {} } };
    await allowFetch(request, 'https://id.example/a/other/client.json');
    await allowFetch({ oidc: { params: {} } }, stubClientId);
    verifier.verdict = { outcome: 'rejected', reason: 'status-revoked' };
    expect(await allowClient(request, heldClient)).toBe(false);
  });
});

describe('extraParams', () => {
  const paramsOf = (extraParams?: unknown) => merge({ extraParams }).merged.extraParams;

  it.each([
    ['nothing', undefined, {}],
    ['a list', ['ui'], { ui: null }],
    ['a set', new Set(['ui']), { ui: null }],
    ['an object', { ui: null }, { ui: null }],
  ])('are kept beside the agents’ own, given as %s', (_form, given, kept) => {
    expect(paramsOf(given)).toEqual({ ...kept, agent_credentials: expect.any(Function) });
  });

  it('keep the operator’s checks', () => {
    const ui = () => undefined;
    expect(paramsOf({ ui })).toMatchObject({ ui });
  });

  it('must not have the agents’ own already', () => {
    expect(() => paramsOf({ agent_credentials: () => undefined })).toThrow(
      'extraParams.agent_credentials is set by withAgentClients',
    );
  });
});

describe('agentClientId', () => {
  it.each([
    [stubClientId, heldClient],
    [stubClientId, { clientId: 'x', agent_client_id: stubClientId }],
    [undefined, { clientId: 'x' }],
    [undefined, undefined],
  ])('is %s', (expected, client) => {
    expect(agentClientId(client)).toBe(expected);
  });
});

describe('fetch', () => {
  const document = {
    ok: true,
    response: {
      status: 200,
      headers: new Map([
        ['content-type', 'application/json'],
        ['cache-control', 'public, max-age=300'],
      ]),
      body: bytesOf('{"client_id":"x"}'),
    },
  } as const;

  it('reads an accepted agent’s document and keys through the verifier', async () => {
    const { merged, verifier } = merge({}, { fetch: () => Promise.reject(new Error('elsewhere')) });
    verifier.documents.set(stubClientId, document);
    await merged.features.clientIdMetadataDocument.allowFetch(context, stubClientId);
    const response = await merged.fetch(stubClientId, { method: 'GET' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBeNull();
    expect(await response.text()).toBe('{"client_id":"x"}');
    await expect(merged.fetch('https://id.example/a/bot/jwks.json')).rejects.toThrow(
      'failed: no document',
    );
    expect(verifier.urlsRead).toEqual([stubClientId, 'https://id.example/a/bot/jwks.json']);
  });

  it('passes on a status other than 200 without its body', async () => {
    const { merged, verifier } = merge();
    const gone = { ...document, response: { ...document.response, status: 410 } };
    verifier.documents.set(stubClientId, gone);
    await merged.features.clientIdMetadataDocument.allowFetch(context, stubClientId);
    const response = await merged.fetch(stubClientId);
    expect([response.status, await response.text()]).toEqual([410, '']);
  });

  it('leaves every other URL and method to the operator’s own fetch', async () => {
    const urls: string[] = [];
    const own = (url: string | URL | Request) => {
      urls.push(String(url));
      return Promise.resolve(new Response('own'));
    };
    const { merged, verifier } = merge({}, { fetch: own });
    await merged.fetch(stubClientId);
    await merged.features.clientIdMetadataDocument.allowFetch(context, stubClientId);
    await merged.fetch('https://client.example/jwks.json');
    await merged.fetch('https://id.example/logout', { method: 'POST' });
    expect(urls).toEqual([
      stubClientId,
      'https://client.example/jwks.json',
      'https://id.example/logout',
    ]);
    expect(verifier.urlsRead).toEqual([]);
  });

  it('reads nothing for an agent that was refused', async () => {
    const own = () => Promise.resolve(new Response('own'));
    const { merged, verifier } = merge({}, { fetch: own });
    verifier.verdict = { outcome: 'rejected', reason: 'issuer-not-trusted', client: null };
    await merged.features.clientIdMetadataDocument.allowFetch(context, stubClientId);
    await merged.fetch(stubClientId);
    expect(verifier.urlsRead).toEqual([]);
  });
});

describe('scopes', () => {
  const resourceIndicators = {
    getResourceServerInfo: () => ({ scope: 'read:logs read:pii', audience: 'https://mcp.example' }),
  };

  it('narrows a resource server to what the papers permit', async () => {
    const { merged, verifier } = merge({ features: { resourceIndicators } });
    verifier.verdict = { permitted: ['read:logs', 'write:logs'] };
    const find = merged.features.resourceIndicators?.getResourceServerInfo;
    expect(await find?.(context, 'https://mcp.example', heldClient)).toEqual({
      scope: 'read:logs',
      audience: 'https://mcp.example',
    });
  });

  it('lets a registered client’s resource server be', async () => {
    const { merged, verifier } = merge({ features: { resourceIndicators } });
    const find = merged.features.resourceIndicators?.getResourceServerInfo;
    const registered = { clientId: 'static' };
    expect(await find?.(context, 'https://mcp.example', registered)).toMatchObject({
      scope: 'read:logs read:pii',
    });
    expect(verifier.asked).toEqual([]);
  });

  it.each([
    ['rejected', 'status-revoked', 'invalid_client', 'client is not allowed'],
    [
      'undetermined',
      'status-stale',
      'temporarily_unavailable',
      'the client could not be verified at this time',
    ],
  ] as const)('gives no scopes once the verdict is %s', async (outcome, reason, message, words) => {
    const { merged, verifier } = merge({ features: { resourceIndicators } });
    verifier.verdict = { outcome, reason };
    const find = merged.features.resourceIndicators?.getResourceServerInfo;
    await expect(find?.(context, 'https://mcp.example', heldClient)).rejects.toMatchObject({
      message,
      error_description: words,
    });
  });

  it('refuses a token with a scope that no resource server was asked for', async () => {
    const { merged, verifier } = merge();
    verifier.verdict = { permitted: ['read:logs'] };
    const token = { client: heldClient, scope: 'read:logs read:pii write:pii' };
    await expect(merged.extraTokenClaims(context, token)).rejects.toMatchObject({
      message: 'invalid_scope',
      statusCode: 400,
      error_description: "requested scope exceeds what the agent's papers permit",
      scope: 'read:pii write:pii',
    });
  });

  it('finds the client in the context for a token made without one', async () => {
    const { merged } = merge();
    const scoped = { oidc: { client: heldClient } };
    await expect(merged.extraTokenClaims(scoped, { scope: 'read:pii' })).rejects.toMatchObject({
      message: 'invalid_scope',
    });
  });

  it('keeps the operator’s own claims, and asks nothing for registered clients', async () => {
    const { merged, verifier } = merge({ extraTokenClaims: () => ({ tenant: 'acme' }) });
    verifier.verdict = { permitted: ['read:logs'] };
    const agent = { client: heldClient, scope: 'read:logs' };
    const registered = { client: { clientId: 'static' }, scope: 'anything' };
    expect(await merged.extraTokenClaims(context, agent)).toEqual({ tenant: 'acme' });
    expect(await merged.extraTokenClaims(context, registered)).toEqual({ tenant: 'acme' });
    expect(verifier.asked).toEqual([{ scope: 'read:logs' }]);
  });

  it('leaves the operator’s own scopes to the operator', async () => {
    const { merged } = merge(
      { features: { resourceIndicators } },
      { ownScopes: ['openid', 'read:pii'] },
    );
    const token = { client: heldClient, scope: 'openid' };
    expect(await merged.extraTokenClaims(context, token)).toBeUndefined();
    const find = merged.features.resourceIndicators?.getResourceServerInfo;
    expect(await find?.(context, 'https://mcp.example', heldClient)).toMatchObject({
      scope: 'read:pii',
    });
  });
});

describe('a verdict that is advisory', () => {
  const verdict = { outcome: 'rejected', reason: 'issuer-not-trusted', advisory: true } as const;
  const resourceIndicators = { getResourceServerInfo: () => ({ scope: 'read:logs' }) };

  it('is reported and not acted on', async () => {
    const seen: [Verdict['reason'], AgentUse][] = [];
    const { merged, verifier } = merge(
      { features: { resourceIndicators } },
      { onVerdict: (given, use) => seen.push([given.reason, use]) },
    );
    verifier.verdict = verdict;
    const { allowFetch, allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowFetch(context, stubClientId)).toBe(true);
    expect(await allowClient(context, heldClient)).toBe(true);
    const find = merged.features.resourceIndicators?.getResourceServerInfo;
    expect(await find?.(context, 'https://mcp.example', heldClient)).toEqual({
      scope: 'read:logs',
    });
    const token = { client: heldClient, scope: 'read:logs' };
    expect(await merged.extraTokenClaims(context, token)).toBeUndefined();
    const use = { clientId: stubClientId, allowed: true, differing: [] };
    expect(seen).toEqual([['issuer-not-trusted', use]]);
  });

  it('reports a difference and lets it pass', async () => {
    const seen: AgentUse[] = [];
    const { merged, verifier } = merge({}, { onVerdict: (_given, use) => seen.push(use) });
    verifier.verdict = { advisory: true };
    const { allowClient } = merged.features.clientIdMetadataDocument;
    expect(await allowClient(context, { ...heldClient, jwksUri: undefined })).toBe(true);
    expect(seen).toEqual([{ clientId: stubClientId, allowed: true, differing: ['jwks_uri'] }]);
  });

  it('does not make the verifier read what it does not trust', async () => {
    const own = () => Promise.resolve(new Response('own'));
    const { merged, verifier } = merge({}, { fetch: own });
    verifier.verdict = verdict;
    await merged.features.clientIdMetadataDocument.allowFetch(context, stubClientId);
    expect(await (await merged.fetch(stubClientId)).text()).toBe('own');
    expect(verifier.urlsRead).toEqual([]);
  });
});
