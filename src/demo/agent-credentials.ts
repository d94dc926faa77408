import { AgentAuth, loadKey } from '../agent-client/index.ts';
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

/** The credentials of one agent for the MCP SDK, and the code of the consent that it was given. */
export class AgentCredentials extends AgentAuth {
  readonly #consent: { code: string | undefined };

  constructor(identity: AgentIdentity) {
    const { clientId, privateJwk, scope, issuer, redirectUri } = identity;
    const consent: { code: string | undefined } = { code: undefined };
    const open = async (authorizationUrl: URL, state: string): Promise<void> => {
      consent.code = await followConsent({
        ...{ authorizationUrl, issuer, state },
        redirectUri: redirectUri ?? '',
      });
    };
    super({
      clientId,
      key: { sign: async (order) => (await loadKey({ jwk: privateJwk })).sign(order) },
      issuers: [issuer],
      scope,
      ...(redirectUri !== undefined && { authorization: { redirectUri, open } }),
    });
    this.#consent = consent;
  }

  /** The authorization code of the last consent, once. */
  takeCode(): string {
    const { code } = this.#consent;
    this.#consent.code = undefined;
    if (code === undefined) throw new Error('No authorization code is at hand');
    return code;
  }
}
