import { createServer, type RequestListener } from 'node:http';
import { importJWK, type JWK, SignJWT } from 'jose';
import { listenOnLoopback } from '../../src/demo/listen-https.ts';
import {
  type AgentDiscoveryOptions,
  agentDiscovery,
  type ClientDiscovery,
  type ReadingOptions,
} from '../../src/verifier/adapters/better-auth.ts';
import type { Verifier } from '../../src/verifier/ports.ts';

/** A record of the server's table of clients; only what tests look at. */
interface StoredClient {
  readonly clientId: string;
  readonly name?: string;
  readonly redirectUris: readonly string[];
  clientCredentialsScopes: readonly string[];
}

type Discovery = ClientDiscovery<unknown, StoredClient>;

/** What better-auth-server.mjs has. */
interface BetterAuthServer {
  createBetterAuth(options: {
    readonly baseURL: string;
    /** What it grants; the scopes of OpenID Connect unless given. */
    readonly scopes?: readonly string[];
    readonly clientDiscovery: Discovery;
  }): {
    readonly handler: RequestListener;
    readonly tables: { readonly oauthClient: StoredClient[] };
  };
  createCimdClientDiscovery(
    options: ReadingOptions & { readonly metadataProfile?: 'mcp-2026-07-28' },
  ): Discovery;
}

/** What better-auth said: a status, and the members that OAuth has for answers. */
export interface BetterAuthAnswer {
  readonly status: number;
  readonly error: string | null;
  readonly scope: string | null;
  readonly body: { readonly [member: string]: unknown };
  /** Where it leads the browser to, when it does. */
  readonly location: URL | null;
}

/** An agent as the process that holds its key knows it. */
export interface AskingAgent {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly privateJwk: { readonly [member: string]: unknown };
}

/** A running better-auth with one user, who is signed in and consents to whatever is asked. */
export interface BetterAuthPlace extends AsyncDisposable {
  readonly url: string;
  /** The server's table of clients, as it is now. */
  clients(): readonly StoredClient[];
  authorize(agent: AskingAgent, scope: string): Promise<BetterAuthAnswer>;
  /** A form with an assertion of the agent's key (RFC 7523). */
  post(
    path: string,
    agent: AskingAgent,
    parameters: Readonly<Record<string, string>>,
  ): Promise<BetterAuthAnswer>;
  /** Asks the server who is behind an access token. */
  userinfo(token: unknown): Promise<BetterAuthAnswer>;
  /** Authorization, consent and code, or the first answer that refuses. */
  obtainToken(agent: AskingAgent, scope: string): Promise<BetterAuthAnswer>;
}

export interface BetterAuthPlaceOptions extends AgentDiscoveryOptions {
  readonly scopes: readonly string[];
  readonly metadataProfile?: 'mcp-2026-07-28';
}

const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** Starts better-auth over http on loopback, with agents for clients by this verifier. */
export async function startBetterAuth(
  verifier: Verifier,
  { scopes, metadataProfile, ...options }: BetterAuthPlaceOptions,
): Promise<BetterAuthPlace> {
  const { createBetterAuth, createCimdClientDiscovery } = await loadBetterAuth();
  const server = createServer();
  const origin = `http://localhost:${await listenOnLoopback(server)}`;
  const url = `${origin}/api/auth`;
  const clientDiscovery = agentDiscovery(
    (reading) =>
      createCimdClientDiscovery({ ...reading, ...(metadataProfile && { metadataProfile }) }),
    verifier,
    options,
  );
  const { handler, tables } = createBetterAuth({ baseURL: origin, scopes, clientDiscovery });
  server.on('request', handler);
  const cookie = await signUp(url);

  const authorize = async (agent: AskingAgent, scope: string) => {
    const query = new URLSearchParams({
      client_id: agent.clientId,
      redirect_uri: agent.redirectUri,
      response_type: 'code',
      scope,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    });
    return ask(`${url}/oauth2/authorize?${query}`, { headers: { cookie } });
  };
  const post = async (
    path: string,
    agent: AskingAgent,
    parameters: Readonly<Record<string, string>>,
  ) => {
    const form = { ...parameters, ...(await assertionOf(agent, url + path)) };
    return ask(url + path, { method: 'POST', body: new URLSearchParams(form) });
  };

  return {
    url,
    clients: () => tables.oauthClient,
    userinfo: (token) =>
      ask(`${url}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } }),
    authorize,
    post,
    obtainToken: async (agent, scope) => {
      const asked = await authorize(agent, scope);
      if (asked.location?.pathname !== '/consent') return asked;
      const consent = { accept: true, oauth_query: asked.location.search.slice(1) };
      const consented = await ask(`${url}/oauth2/consent`, {
        method: 'POST',
        headers: { cookie, origin, 'content-type': 'application/json' },
        body: JSON.stringify(consent),
      });
      const code = consented.location?.searchParams.get('code');
      if (typeof code !== 'string') return consented;
      return post('/oauth2/token', agent, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: agent.redirectUri,
      });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The real better-auth, under the types that tests need of it. */
export async function loadBetterAuth(): Promise<BetterAuthServer> {
  return import(new URL('./better-auth-server.mjs', import.meta.url).href);
}

async function signUp(url: string): Promise<string> {
  const response = await fetch(`${url}/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify({ name: 'Ada', email: 'ada@acme.example', password: 'correct horse' }),
  });
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return cookies.join('; ');
}

/** What an agent proves itself with at a token endpoint: parameters of a form (RFC 7523 §2.2). */
export async function assertionOf({ clientId, privateJwk }: AskingAgent, audience: string) {
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(privateJwk as JWK, 'ES256'));
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}

/** A browser is led on by a redirect, a script by the same in JSON. */
async function ask(url: string, init: RequestInit): Promise<BetterAuthAnswer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const body: BetterAuthAnswer['body'] = text.startsWith('{') ? JSON.parse(text) : {};
  const target = response.headers.get('location') ?? body['url'];
  const location = typeof target === 'string' ? new URL(target, url) : null;
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    status: response.status,
    error: textOf(body['error']) ?? location?.searchParams.get('error') ?? null,
    scope: textOf(body['scope']),
    body,
    location,
  };
}
