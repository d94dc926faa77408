import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Adapter, type AdapterPayload, type Configuration, Provider } from 'oidc-provider';
import {
  type AgentClientsOptions,
  type AgentUse,
  withAgentClients,
} from '../../src/verifier/adapters/oidc-provider.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import type { Verdict } from '../../src/verifier/verdict.ts';

/** What the server answers. */
export interface Answer {
  readonly status: number;
  readonly json: { readonly [member: string]: unknown };
  readonly text: string;
  readonly location: string | null;
}

/** Who asks: a client_id, and the key by which it authenticates. */
export interface Asking {
  readonly clientId: string;
  readonly key: Parameters<SignJWT['sign']>[0];
  readonly kid?: string;
}

/** node-oidc-provider over plain http on loopback, with agents as its clients. */
export interface AgentServer extends AsyncDisposable {
  readonly provider: Provider;
  readonly verifier: Verifier;
  readonly verdicts: readonly { readonly verdict: Verdict; readonly use: AgentUse }[];
  /** What the server keeps, by kind and id. */
  readonly stored: ReadonlyMap<string, AdapterPayload>;
  /** Posts a form as a client that authenticates by its key. */
  postAs(asking: Asking, path: string, form: Record<string, string>): Promise<Answer>;
  postJson(path: string, body: unknown): Promise<Answer>;
  get(path: string, query: Record<string, string>): Promise<Answer>;
}

/** The resource server that tokens are for, and a type of authorization details that it knows. */
export const resource = 'https://mcp.example';
export const ticketType = 'tickets';

/** What of a server is not as usual. */
export interface AgentServerOptions {
  readonly options?: AgentClientsOptions;
  readonly configuration?: Configuration;
  /** Answers what is below `/consent/`, where people are sent. */
  readonly page?: (
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ) => Promise<void>;
}

/**
 * Starts one with client credentials, pushed requests, authorization details and a resource server
 * that knows three scopes.
 */
export async function startAgentServer(
  verifier: Verifier,
  given: AgentServerOptions = {},
): Promise<AgentServer> {
  const verdicts: { verdict: Verdict; use: AgentUse }[] = [];
  const stored = new Map<string, AdapterPayload>();
  const options: AgentClientsOptions = {
    ownScopes: ['openid'],
    onVerdict: (verdict, use) => verdicts.push({ verdict, use }),
    ...given.options,
  };
  const configuration = { ...(await plainConfiguration(stored)), ...given.configuration };
  const server = createServer((request, response) => {
    const { page } = given;
    if (page && request.url?.startsWith('/consent/')) void page(provider, request, response);
    else void provider.callback()(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, withAgentClients(configuration, verifier, options));
  return {
    provider,
    verifier,
    verdicts,
    stored,
    ...askingOf(issuer),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function askingOf(issuer: string): Pick<AgentServer, 'postAs' | 'postJson' | 'get'> {
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(new URL(path, issuer), { redirect: 'manual', ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const json = isJson ? JSON.parse(text) : {};
    return { status: response.status, json, text, location: response.headers.get('location') };
  };
  return {
    postAs: async (asking, path, form) => {
      const assertion = await assertionOf(asking, issuer);
      return ask(path, { method: 'POST', body: new URLSearchParams({ ...form, ...assertion }) });
    },
    postJson: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    get: (path, query) =>
      ask(`${path}?${new URLSearchParams(query)}`, { headers: { accept: 'application/json' } }),
  };
}

async function assertionOf({ clientId, key, kid }: Asking, audience: string) {
  const jwt = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
  return {
    client_assertion: jwt,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  };
}

/** The configuration of such a server, which keeps what it keeps in this map. */
export async function plainConfiguration(
  stored: Map<string, AdapterPayload>,
): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { x = '', y = '', d = '' } = await exportJWK(privateKey);
  return {
    adapter: (name) => mapAdapter(stored, name),
    jwks: { keys: [{ kty: 'EC', crv: 'P-256', x, y, d, alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['a key of this test'] },
    interactions: { url: (_context, interaction) => `/consent/${interaction.uid}` },
    clientAuthMethods: ['private_key_jwt', 'none'],
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      authorization_details_types: [ticketType],
    },
    scopes: ['openid', 'read:static'],
    pkce: { required: () => false },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    renderError: (context, out) => {
      context.body = out;
    },
    ttl: { AccessToken: 60, ClientCredentials: 60, Grant: 60, Interaction: 60, Session: 60 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      richAuthorizationRequests: {
        enabled: true,
        types: { [ticketType]: { validate: () => undefined } },
        authorizationDetailsForGrantSource: (context) => detailsIn(context.oidc.params),
        authorizationDetailsForAccessToken: (context, _token, source) =>
          source?.rar ?? detailsIn(context.oidc.params),
        authorizationDetailsForIntrospection: (_context, token) => token.rar,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read:logs/production read:logs/pii write:tickets',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

function detailsIn(params: { readonly authorization_details?: unknown } | undefined) {
  const text = params?.authorization_details;
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

function mapAdapter(stored: Map<string, AdapterPayload>, name: string): Adapter {
  const find = (id: string) => Promise.resolve(stored.get(`${name} ${id}`));
  const findBy = (member: 'uid' | 'userCode', value: string) =>
    Promise.resolve([...stored.values()].find((payload) => payload[member] === value));
  return {
    find,
    findByUid: (uid) => findBy('uid', uid),
    findByUserCode: (userCode) => findBy('userCode', userCode),
    upsert: (id, payload) => Promise.resolve(void stored.set(`${name} ${id}`, payload)),
    destroy: (id) => Promise.resolve(void stored.delete(`${name} ${id}`)),
    consume: async (id) => {
      const payload = await find(id);
      if (payload) payload.consumed = true;
    },
    revokeByGrantId: () => Promise.resolve(undefined),
  };
}
