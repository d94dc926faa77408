import { askForJson } from './ask-for-json.ts';
import { type AssertionKey, assertionType, createClientAssertion } from './assertion.ts';
import { findServer } from './server-metadata.ts';

/** Which token is asked for, where, and as whom. */
export interface TokenRequest {
  readonly clientId: string;
  readonly key: AssertionKey;
  /** The issuer identifier of the authorization server. */
  readonly issuer: string;
  /** What the token is for (RFC 8707). */
  readonly resource?: string;
  /** Space-separated. */
  readonly scope?: string;
  /** For a server that wants something else than its issuer as the audience of assertions. */
  readonly audience?: string;
}

/** The answer of a token endpoint (RFC 6749 §5.1), with whatever the server adds. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
  readonly scope?: string;
  readonly [member: string]: unknown;
}

/** The authorization server has given no token. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
  /** The error code of RFC 6749 §5.2, or what there was in its place. */
  readonly error: string;
  readonly description: string | null;

  constructor(error: string, description: string | null) {
    super(`The authorization server gave no token: ${error}.`);
    this.error = error;
    this.description = description;
  }
}

/**
 * Gets a token by client credentials (RFC 6749 §4.4), authenticated by `private_key_jwt`.
 *
 * @throws TokenRefusal when the server refuses, TypeError when it cannot be found or reached, and what
 *   the key throws when it does not sign.
 */
export async function requestToken(request: TokenRequest): Promise<TokenAnswer> {
  const { clientId, key, issuer, resource, scope, audience = issuer } = request;
  const { tokenEndpoint } = await findServer(issuer);
  const assertion = await createClientAssertion({ clientId, audience, key });
  const { status, json } = await askForJson(tokenEndpoint, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: assertionType,
      client_assertion: assertion,
      ...(resource !== undefined && { resource }),
      ...(scope !== undefined && { scope }),
    }),
  });
  if (status === 200 && isTokenAnswer(json)) return json;
  const { error, error_description: description } = json;
  throw new TokenRefusal(
    typeof error === 'string' ? error : `status ${status}`,
    typeof description === 'string' ? description : null,
  );
}

function isTokenAnswer(json: Readonly<Record<string, unknown>>): json is TokenAnswer {
  return typeof json['access_token'] === 'string' && typeof json['token_type'] === 'string';
}
