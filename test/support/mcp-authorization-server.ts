import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as errors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type {
  AuthorizationParams,
  OAuthServerProvider,
} from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type {
  OAuthClientInformationFull,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import express, { type Request, type Response } from 'express';
import { listenOnLoopback } from '../../src/demo/listen-https.ts';
import { type AgentClientsOptions, withAgentClients } from '../../src/verifier/adapters/mcp.ts';
import type { Verifier } from '../../src/verifier/ports.ts';

/** An answer of the server, with what tests look at. */
export interface McpAnswer {
  readonly status: number;
  readonly error: string | undefined;
  readonly scope: string | undefined;
  readonly body: { readonly [member: string]: unknown };
  /** Where it redirects to, when it does. */
  readonly location: URL | undefined;
  readonly challenge: string | null;
}

/** An MCP server that is its own authorization server, over plain http on loopback. */
export interface McpAuthorizationServer extends AsyncDisposable {
  readonly url: string;
  authorize(client: AskingClient, scope?: string): Promise<McpAnswer>;
  /** Redeems a code, or with `refresh_token` asks for tokens anew. */
  requestToken(parameters: Readonly<Record<string, string>>): Promise<McpAnswer>;
  /** From the authorization endpoint to a token, or to the first answer that refuses. */
  obtainToken(client: AskingClient, scope?: string): Promise<McpAnswer>;
  /** Calls what wants a token with the scope `read:logs/production`. */
  call(token: unknown): Promise<McpAnswer>;
  /** What the operator registered, or clients registered themselves. */
  readonly clients: Map<string, OAuthClientInformationFull>;
  /** Has the next tokens carry these scopes, whatever was asked for. */
  overissue(scopes: readonly string[] | undefined, named?: boolean): void;
}

interface AskingClient {
  readonly clientId: string;
  readonly redirectUri: string;
}

const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

interface Grant {
  readonly clientId: string;
  readonly challenge: string;
  readonly scopes: readonly string[];
}

/** A provider that issues what it was asked for: neither people nor papers have a say in it. */
class WillingProvider implements OAuthServerProvider {
  readonly clients = new Map<string, OAuthClientInformationFull>();
  readonly clientsStore = {
    getClient: (clientId: string) => this.clients.get(clientId),
    registerClient: (asked: Omit<OAuthClientInformationFull, 'client_id'>) => {
      const client = { ...asked, client_id: randomUUID() };
      this.clients.set(client.client_id, client);
      return client;
    },
  };
  readonly #codes = new Map<string, Grant>();
  readonly #tokens = new Map<string, Grant>();
  overissued: readonly string[] | undefined;
  namesScopes = true;

  async authorize(
    { client_id: clientId }: OAuthClientInformationFull,
    { scopes = [], codeChallenge, redirectUri }: AuthorizationParams,
    response: Response,
  ): Promise<void> {
    const code = randomUUID();
    this.#codes.set(code, { clientId, challenge: codeChallenge, scopes });
    response.redirect(`${redirectUri}?code=${code}`);
  }

  async challengeForAuthorizationCode(_client: unknown, code: string): Promise<string> {
    return take(this.#codes, code).challenge;
  }

  async exchangeAuthorizationCode(_client: unknown, code: string): Promise<OAuthTokens> {
    return this.#issue(take(this.#codes, code));
  }

  async exchangeRefreshToken(
    _client: unknown,
    refreshToken: string,
    scopes?: string[],
  ): Promise<OAuthTokens> {
    const grant = take(this.#tokens, refreshToken);
    return this.#issue({ ...grant, scopes: scopes ?? grant.scopes });
  }

  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const { clientId, scopes } = take(this.#tokens, token);
    return { token, clientId, scopes: [...scopes], expiresAt: Date.now() / 1_000 + 60 };
  }

  async revokeToken(_client: unknown, { token }: { token: string }): Promise<void> {
    this.#tokens.delete(token);
  }

  #issue(grant: Grant): OAuthTokens {
    const scopes = this.overissued ?? grant.scopes;
    const [access, refresh] = [randomUUID(), randomUUID()];
    this.#tokens.set(access, { ...grant, scopes }).set(refresh, { ...grant, scopes });
    const named = this.namesScopes ? { scope: scopes.join(' ') } : {};
    return { access_token: access, refresh_token: refresh, token_type: 'bearer', ...named };
  }
}

function take(grants: ReadonlyMap<string, Grant>, key: string): Grant {
  const grant = grants.get(key);
  if (grant === undefined) throw new errors.InvalidTokenError('nothing is known of it');
  return grant;
}

/** Starts the SDK's router and its check of bearer tokens, around a provider that is too willing. */
export async function startMcpAuthorizationServer(
  verifier: Verifier,
  options: Partial<AgentClientsOptions> = {},
): Promise<McpAuthorizationServer> {
  const app = express();
  const server = createServer(app);
  const url = `http://localhost:${await listenOnLoopback(server)}`;
  const own = new WillingProvider();
  const provider = withAgentClients<Response>(own, verifier, { errors, ...options });
  app.use(mcpAuthRouter({ provider, issuerUrl: new URL(url) }));
  app.get(
    '/logs',
    requireBearerAuth({ verifier: provider, requiredScopes: ['read:logs/production'] }),
    (request: Request, response: Response) => void response.json({ scopes: request.auth?.scopes }),
  );

  const authorize = async ({ clientId, redirectUri }: AskingClient, scope?: string) => {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(scope !== undefined && { scope }),
    });
    return answerOf(await fetch(`${url}/authorize?${query}`, { redirect: 'manual' }));
  };
  const requestToken = async (parameters: Readonly<Record<string, string>>) =>
    answerOf(
      await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(parameters) }),
    );

  return {
    url,
    clients: own.clients,
    authorize,
    requestToken,
    obtainToken: async (client, scope) => {
      const answer = await authorize(client, scope);
      const code = answer.location?.searchParams.get('code');
      if (typeof code !== 'string') return answer;
      return requestToken({
        grant_type: 'authorization_code',
        client_id: client.clientId,
        code,
        code_verifier: codeVerifier,
      });
    },
    call: async (token) =>
      answerOf(await fetch(`${url}/logs`, { headers: { authorization: `Bearer ${token}` } })),
    overissue: (scopes, named = true) => {
      own.overissued = scopes;
      own.namesScopes = named;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function answerOf(response: globalThis.Response): Promise<McpAnswer> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const body: McpAnswer['body'] = json ? JSON.parse(text) : {};
  const target = response.headers.get('location');
  const location = target === null ? undefined : new URL(target);
  const error = body['error'] ?? location?.searchParams.get('error') ?? undefined;
  return {
    status: response.status,
    error: typeof error === 'string' ? error : undefined,
    scope: typeof body['scope'] === 'string' ? body['scope'] : undefined,
    body,
    location,
    challenge: response.headers.get('www-authenticate'),
  };
}
