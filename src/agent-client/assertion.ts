/** The type of client assertions that are JWTs (RFC 7523 §2.2). */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** For whom an assertion is. */
export interface AssertionOrder {
  /** The URL of the agent's client metadata document. */
  readonly clientId: string;
  /** The issuer identifier of the authorization server, or what that server wants in its place. */
  readonly audience: string;
  /** Seconds until the assertion ends; what signs it may choose less. */
  readonly lifetimeS: number;
}

/** Whatever signs for an agent: a key in its hands, or the registry that holds it. */
export interface AssertionKey {
  sign(order: AssertionOrder): Promise<string>;
}

/** What is wanted of `createClientAssertion`. */
export interface ClientAssertionOptions {
  readonly clientId: string;
  readonly audience: string;
  readonly key: AssertionKey;
  /** Seconds, 1 to 120; 60 unless given. */
  readonly lifetimeS?: number;
}

const lifetime = { least: 1, usual: 60, most: 120 };

/**
 * An assertion by which the agent authenticates at one authorization server, once (RFC 7523bis §4):
 * compact, of the type `client-authentication+jwt`, with the client_id as `iss` and `sub`.
 *
 * @throws TypeError for a client_id or an audience that is no URL, and a lifetime out of bounds.
 */
export async function createClientAssertion(options: ClientAssertionOptions): Promise<string> {
  const { clientId, audience, key, lifetimeS = lifetime.usual } = options;
  if (!URL.canParse(clientId)) throw new TypeError('The client_id of an agent is a URL.');
  if (!URL.canParse(audience)) throw new TypeError('The audience of an assertion is one URL.');
  if (!(lifetimeS >= lifetime.least && lifetimeS <= lifetime.most)) {
    throw new TypeError('An assertion lives for 1 to 120 seconds.');
  }
  return key.sign({ clientId, audience, lifetimeS });
}
