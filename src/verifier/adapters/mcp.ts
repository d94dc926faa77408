import { parseScope } from '../../protocol/scope.ts';
import type { Verifier } from '../ports.ts';
import type { Verdict, VerifiedClient } from '../verdict.ts';

/** The MCP SDK recognises errors by its own classes: they come from the operator's installation. */
export interface OAuthErrors {
  readonly InvalidClientError: new (message: string) => Error;
  readonly InvalidScopeError: new (message: string) => Error;
  readonly InvalidTokenError: new (message: string) => Error;
  readonly TemporarilyUnavailableError: new (message: string) => Error;
}

/** What an operator gives beside the server and the verifier. */
export interface AgentClientsOptions {
  /** All of the SDK's module `server/auth/errors.js`. */
  readonly errors: OAuthErrors;
  /** Called with every verdict, before the server acts on it; `report.input` names the client. */
  readonly onVerdict?: (verdict: Verdict) => void;
  /**
   * Scopes that the server grants by its own rules and that papers have no say in. None unless
   * given.
   */
  readonly ownScopes?: readonly string[];
}

/** The SDK's `OAuthClientInformationFull`, as far as this adapter reads or writes it. */
export interface ClientInformation {
  client_id: string;
  redirect_uris: string[];
  client_name?: string | undefined;
  client_secret?: string | undefined;
  grant_types?: string[] | undefined;
  response_types?: string[] | undefined;
  token_endpoint_auth_method?: string | undefined;
  jwks_uri?: string | undefined;
}

/** The SDK's `OAuthRegisteredClientsStore`. */
export interface ClientsStore {
  getClient(
    clientId: string,
  ): ClientInformation | undefined | Promise<ClientInformation | undefined>;
  registerClient?(
    client: Omit<ClientInformation, 'client_id'>,
  ): ClientInformation | Promise<ClientInformation>;
}

/** The SDK's `AuthInfo`. */
export interface TokenInformation {
  token: string;
  clientId: string;
  scopes: string[];
  expiresAt?: number;
  resource?: URL;
  extra?: Record<string, unknown>;
}

/** The SDK's `OAuthTokenVerifier`. */
export interface TokenVerifier {
  verifyAccessToken(token: string): Promise<TokenInformation>;
}

interface Tokens {
  access_token: string;
  token_type: string;
  scope?: string | undefined;
  expires_in?: number | undefined;
  refresh_token?: string | undefined;
  id_token?: string | undefined;
}

interface AuthorizationParams {
  state?: string;
  scopes?: string[];
  codeChallenge: string;
  redirectUri: string;
  resource?: URL;
}

interface RevocationRequest {
  token: string;
  token_type_hint?: string | undefined;
}

/** The SDK's `OAuthServerProvider`, over whatever its framework calls a response. */
export interface ServerProvider<Response> extends TokenVerifier {
  get clientsStore(): ClientsStore;
  authorize(
    client: ClientInformation,
    params: AuthorizationParams,
    response: Response,
  ): Promise<void>;
  challengeForAuthorizationCode(client: ClientInformation, code: string): Promise<string>;
  exchangeAuthorizationCode(
    client: ClientInformation,
    code: string,
    codeVerifier?: string,
    redirectUri?: string,
    resource?: URL,
  ): Promise<Tokens>;
  exchangeRefreshToken(
    client: ClientInformation,
    refreshToken: string,
    scopes?: string[],
    resource?: URL,
  ): Promise<Tokens>;
  revokeToken?(client: ClientInformation, request: RevocationRequest): Promise<void>;
  skipLocalPkceValidation?: boolean;
}

/**
 * A provider for the MCP SDK's `mcpAuthRouter` under which agents are clients by their papers: the
 * given one, with every use of a client_id that is a URL decided by the verifier.
 *
 * - The client is what the verified document says. It is looked up, and judged, at every request.
 * - Requested scopes are narrowed to what the papers permit before the given provider sees them;
 *   where they permit none of them the answer is `invalid_scope`. Tokens that come back with more
 *   are not handed out.
 * - An access token of an agent is good while its papers are, and for the scopes that they permit.
 * - A rejection is answered `invalid_client`, for a token `invalid_token`; an undetermined verdict
 *   `temporarily_unavailable`. The SDK gives them the status 400, and `invalid_token` 401.
 *
 * Other client_ids are left to the given provider and its store. Under a policy in `monitor` mode
 * verdicts are reported and not acted on; a client whose document the verifier did not read stays
 * unknown. The SDK authenticates no client by `private_key_jwt`, and so does not this.
 */
export function withAgentClients<Response>(
  provider: ServerProvider<Response>,
  verifier: Verifier,
  options: AgentClientsOptions,
): ServerProvider<Response> {
  const judge = new AgentJudge(verifier, options);
  const { revokeToken, skipLocalPkceValidation } = provider;
  return {
    clientsStore: judge.guardingStore(provider.clientsStore),
    authorize: async (client, params, response) => {
      const scopes = await judge.narrow(client.client_id, params.scopes);
      return provider.authorize(client, { ...params, ...(scopes && { scopes }) }, response);
    },
    challengeForAuthorizationCode: (client, code) =>
      provider.challengeForAuthorizationCode(client, code),
    exchangeAuthorizationCode: async (client, ...exchange) =>
      judge.guardTokens(
        client,
        provider,
        await provider.exchangeAuthorizationCode(client, ...exchange),
      ),
    exchangeRefreshToken: async (client, token, asked, resource) => {
      const scopes = await judge.narrow(client.client_id, asked);
      const tokens = await provider.exchangeRefreshToken(client, token, scopes, resource);
      return judge.guardTokens(client, provider, tokens);
    },
    verifyAccessToken: (token) => judge.verifyToken(provider, token),
    ...(revokeToken && {
      revokeToken: (client, request) => revokeToken.call(provider, client, request),
    }),
    ...(skipLocalPkceValidation !== undefined && { skipLocalPkceValidation }),
  };
}

/**
 * For `requireBearerAuth` of a resource server whose tokens come from elsewhere: the given check of
 * tokens, and then the papers of the agent that a token was issued to. The scopes of a token are
 * narrowed to what the papers permit now; errors are as in `withAgentClients`.
 */
export function withAgentTokens(
  tokens: TokenVerifier,
  verifier: Verifier,
  options: AgentClientsOptions,
): TokenVerifier {
  const judge = new AgentJudge(verifier, options);
  return { verifyAccessToken: (token) => judge.verifyToken(tokens, token) };
}

/** Turns verdicts into what the MCP SDK asks a provider for. */
class AgentJudge {
  readonly #verifier: Verifier;
  readonly #options: AgentClientsOptions;
  readonly #ownScopes: ReadonlySet<string>;

  constructor(verifier: Verifier, options: AgentClientsOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#ownScopes = new Set(options.ownScopes);
  }

  guardingStore(store: ClientsStore): ClientsStore {
    const { registerClient } = store;
    return {
      getClient: (clientId) =>
        isAgent(clientId) ? this.#findAgent(clientId) : store.getClient(clientId),
      ...(registerClient && { registerClient: (client) => registerClient.call(store, client) }),
    };
  }

  /** Those of the requested scopes that the client may have; undefined where none were named. */
  async narrow(
    clientId: string,
    asked: readonly string[] | undefined,
  ): Promise<string[] | undefined> {
    const requested = parseScope(asked?.join(' ') ?? '');
    if (requested.length === 0 || !isAgent(clientId)) return asked && [...asked];
    const permitted = await this.#permitted(clientId, requested);
    if (permitted.length > 0) return permitted;
    throw new this.#options.errors.InvalidScopeError(
      "the agent's papers permit none of the requested scopes",
    );
  }

  /** RFC 6749 §5.1: tokens that do not name their scope are asked for it. */
  async guardTokens(
    { client_id: clientId }: ClientInformation,
    provider: TokenVerifier,
    tokens: Tokens,
  ): Promise<Tokens> {
    if (!isAgent(clientId)) return tokens;
    const scope =
      tokens.scope ?? (await provider.verifyAccessToken(tokens.access_token)).scopes.join(' ');
    const issued = parseScope(scope);
    const permitted = await this.#permitted(clientId, issued);
    if (permitted.length === issued.length) return tokens;
    throw new this.#options.errors.InvalidScopeError(
      "the scope of the grant exceeds what the agent's papers permit",
    );
  }

  async verifyToken(tokens: TokenVerifier, token: string): Promise<TokenInformation> {
    const found = await tokens.verifyAccessToken(token);
    if (!isAgent(found.clientId)) return found;
    const refusal = this.#options.errors.InvalidTokenError;
    return { ...found, scopes: await this.#permitted(found.clientId, found.scopes, refusal) };
  }

  async #findAgent(clientId: string): Promise<ClientInformation | undefined> {
    const verdict = await this.#judge(clientId);
    const passes = verdict.outcome === 'accepted' || verdict.advisory === true;
    return passes && verdict.client !== null ? informationOf(verdict.client) : undefined;
  }

  async #permitted(
    clientId: string,
    scopes: readonly string[],
    Refusal: new (message: string) => Error = this.#options.errors.InvalidClientError,
  ): Promise<string[]> {
    const verdict = await this.#judge(clientId, scopes.join(' '));
    if (verdict.advisory === true) return [...scopes];
    if (verdict.outcome === 'rejected') throw new Refusal("the agent's papers do not hold");
    const granted = new Set([...this.#ownScopes, ...verdict.granted]);
    return scopes.filter((scope) => granted.has(scope));
  }

  async #judge(clientId: string, scope?: string): Promise<Verdict> {
    const request = scope === undefined ? {} : { scope };
    const verdict = await this.#verifier.verifyClient(clientId, request);
    this.#options.onVerdict?.(verdict);
    if (verdict.outcome !== 'undetermined' || verdict.advisory === true) return verdict;
    // RFC 6749 §4.1.2.1: not a no, so the agent may come back.
    throw new this.#options.errors.TemporarilyUnavailableError(
      'the client could not be verified at this time',
    );
  }
}

/** CIMD-02 §3: such a client_id is a URL. The SDK gives clients that register themselves a UUID. */
function isAgent(clientId: string): boolean {
  const scheme = clientId.slice(0, clientId.indexOf('://')).toLowerCase();
  return scheme === 'https' || scheme === 'http';
}

function informationOf(client: VerifiedClient): ClientInformation {
  return {
    client_id: client.clientId,
    redirect_uris: [...client.redirectUris],
    grant_types: [...client.grantTypes],
    response_types: ['code'],
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    ...(client.name !== undefined && { client_name: client.name }),
    ...(client.jwksUri !== undefined && { jwks_uri: client.jwksUri }),
  };
}
