import { type AssertionKey, assertionType, createClientAssertion } from './assertion.ts';

/** Tokens as the MCP SDK hands them over. */
export interface HeldTokens {
  access_token: string;
  token_type: string;
  refresh_token?: string | undefined;
  [member: string]: unknown;
}

/** What the MCP SDK knows of a client once it is one. */
export interface ClientInformation {
  client_id: string;
  [member: string]: unknown;
}

/** How a person is asked, for agents that act for one. */
export interface Authorization {
  readonly redirectUri: string;
  /** Sends the person there; `state` comes back with the code. */
  readonly open: (url: URL, state: string) => void | Promise<void>;
}

/** Who an agent is, and how it asks for access. */
export interface AgentAuthOptions {
  readonly clientId: string;
  readonly key: AssertionKey;
  /** The authorization servers that get an assertion, by their issuers; any other gets none. */
  readonly issuers: readonly string[];
  /** By issuer: what a server wants as the audience of assertions in the place of its issuer. */
  readonly audiences?: Readonly<Record<string, string>>;
  /** Space-separated scopes to ask for. */
  readonly scope?: string;
  /** Set: authorization code with PKCE. Absent: client credentials. */
  readonly authorization?: Authorization;
}

/**
 * The `authProvider` of one agent for the client of the MCP TypeScript SDK (`OAuthClientProvider`): its
 * client_id is the URL of its metadata document, it authenticates by `private_key_jwt` in every flow,
 * and it holds one set of tokens at a time, in memory. An MCP server that names an authorization
 * server which is not among `issuers` gets an Error instead of an assertion.
 */
export class AgentAuth {
  readonly clientMetadataUrl: string;
  readonly #options: AgentAuthOptions;
  #information: ClientInformation | undefined;
  #tokens: HeldTokens | undefined;
  #codeVerifier = '';
  #state = '';

  constructor(options: AgentAuthOptions) {
    this.#options = options;
    this.clientMetadataUrl = options.clientId;
  }

  get redirectUrl(): string | undefined {
    return this.#options.authorization?.redirectUri;
  }

  get clientMetadata(): { redirect_uris: string[]; scope?: string } {
    const { authorization, scope } = this.#options;
    const redirect_uris = authorization === undefined ? [] : [authorization.redirectUri];
    return { redirect_uris, ...(scope !== undefined && { scope }) };
  }

  // An arrow: the SDK takes the method off the object.
  readonly addClientAuthentication = async (
    _headers: Headers,
    parameters: URLSearchParams,
    _url: string | URL,
    metadata?: { readonly issuer: string },
  ): Promise<void> => {
    const { clientId, key, issuers, audiences } = this.#options;
    const issuer = metadata?.issuer;
    if (issuer === undefined || !issuers.includes(issuer)) {
      throw new Error('The authorization server is not one that this agent authenticates at.');
    }
    const audience = audiences?.[issuer] ?? issuer;
    const assertion = await createClientAssertion({ clientId, audience, key });
    parameters.set('client_id', clientId);
    parameters.set('client_assertion_type', assertionType);
    parameters.set('client_assertion', assertion);
  };

  clientInformation(): ClientInformation | undefined {
    return this.#information;
  }

  saveClientInformation(information: ClientInformation): void {
    this.#information = information;
  }

  tokens(): HeldTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: HeldTokens): void {
    this.#tokens = tokens;
  }

  state(): string {
    this.#state = crypto.randomUUID();
    return this.#state;
  }

  saveCodeVerifier(codeVerifier: string): void {
    this.#codeVerifier = codeVerifier;
  }

  codeVerifier(): string {
    return this.#codeVerifier;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    await this.#options.authorization?.open(url, this.#state);
  }

  /** Client credentials, unless a person is asked. */
  prepareTokenRequest(scope?: string): URLSearchParams | undefined {
    if (this.#options.authorization !== undefined) return undefined;
    return new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
  }
}

/** The `authProvider` of an agent: see AgentAuth. */
export function agentAuth(options: AgentAuthOptions): AgentAuth {
  return new AgentAuth(options);
}
