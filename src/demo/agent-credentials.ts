import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { createPrivateKeyJwtAuth } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { followConsent } from './follow-consent.ts';

/** Who an agent is, and how it asks for access. */
export interface AgentIdentity {
  readonly clientId: string;
  /** ES256 private key whose public half the agent's `jwks_uri` lists. */
  readonly privateJwk: { readonly [member: string]: unknown };
  /** Space-separated scopes to ask for. */
  readonly scope: string;
  /** The authorization server that may see the agent's assertions. */
  readonly issuer: string;
  /** Set: authorization code with PKCE. Absent: client credentials. */
  readonly redirectUri?: string;
}

/**
 * The credentials of one agent for the MCP SDK: its client_id is its metadata document's URL, it
 * authenticates with `private_key_jwt` in both flows, and it holds one token at a time.
 */
export class AgentCredentials implements OAuthClientProvider {
  readonly clientMetadataUrl: string;
  readonly addClientAuthentication: NonNullable<OAuthClientProvider['addClientAuthentication']>;
  readonly #identity: AgentIdentity;
  #information: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #codeVerifier = '';
  #state = '';
  #code: string | undefined;

  constructor(identity: AgentIdentity) {
    this.#identity = identity;
    this.clientMetadataUrl = identity.clientId;
    this.addClientAuthentication = createPrivateKeyJwtAuth({
      issuer: identity.clientId,
      subject: identity.clientId,
      privateKey: { ...identity.privateJwk },
      alg: 'ES256',
      audience: identity.issuer,
    });
  }

  get redirectUrl(): string | undefined {
    return this.#identity.redirectUri;
  }

  get clientMetadata(): OAuthClientMetadata {
    const { redirectUri, scope } = this.#identity;
    return { redirect_uris: redirectUri === undefined ? [] : [redirectUri], scope };
  }

  /** The authorization code of the last consent, once. */
  takeCode(): string {
    const code = this.#code;
    this.#code = undefined;
    if (code === undefined) throw new Error('No authorization code is at hand');
    return code;
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#information;
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.#information = information;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
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

  async redirectToAuthorization(authorizationUrl: URL): Promise<void> {
    const { issuer, redirectUri = '' } = this.#identity;
    const state = this.#state;
    this.#code = await followConsent({ authorizationUrl, redirectUri, issuer, state });
  }

  prepareTokenRequest(scope?: string): URLSearchParams | undefined {
    if (this.#identity.redirectUri !== undefined) return undefined;
    return new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
  }
}
