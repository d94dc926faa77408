import { algorithmOf, type PublicJwk, parsePublicJwk, type SigningAlgorithm } from './jwk.ts';
import { maxKidLength } from './limits.ts';
import { accepted, type Parsed, pointerTo, refused, refusedBelow } from './parsed.ts';
import { isJsonObject, type JsonValue } from './strict-json.ts';

/** A public key as a key set publishes it. */
export type PublishedJwk = PublicJwk & {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
};

/** A JWK Set (RFC 7517 §5). */
export type JwksJson = { readonly keys: readonly PublishedJwk[] };

/** A key of a key set that was read. */
export interface NamedKey {
  readonly kid: string | undefined;
  readonly jwk: PublicJwk;
}

/** Builds the key set of these public keys. */
export function buildJwks(
  keys: readonly { readonly kid: string; readonly jwk: PublicJwk }[],
): JwksJson {
  return {
    keys: keys.map(({ kid, jwk }) => ({ ...jwk, kid, alg: algorithmOf(jwk), use: 'sig' })),
  };
}

/**
 * Parses a JWK Set in which every key is a public signing key that we can judge. RFC 7517 §5 lets
 * readers ignore keys they do not understand; here such a key refuses the set, because another
 * reader would understand it, and with it authenticate as the client. Rules: `jwks-shape`,
 * `jwks-kid` (malformed, or used twice) and those of `parsePublicJwk`.
 */
export function parseJwks(json: JsonValue): Parsed<readonly NamedKey[]> {
  const keys = isJsonObject(json) ? json['keys'] : undefined;
  if (!Array.isArray(keys)) return refused('/keys', 'jwks-shape', 'has no array of keys');
  const named: NamedKey[] = [];
  for (const [at, key] of keys.entries()) {
    const parsed = parseNamedKey(key, named);
    if (!parsed.ok) return refusedBelow(`/keys${pointerTo(at)}`, parsed);
    named.push(parsed.value);
  }
  return accepted(named);
}

function parseNamedKey(key: JsonValue, earlier: readonly NamedKey[]): Parsed<NamedKey> {
  const jwk = parsePublicJwk(key);
  if (!jwk.ok) return jwk;
  const kid = isJsonObject(key) ? key['kid'] : undefined;
  if (kid !== undefined && !(typeof kid === 'string' && kid !== '' && kid.length <= maxKidLength)) {
    return refused('/kid', 'jwks-kid', 'not a name');
  }
  // RFC 7517 §4.5: keys of one set have distinct names; a name twice would leave the choice open.
  return kid !== undefined && earlier.some((other) => other.kid === kid)
    ? refused('/kid', 'jwks-kid', 'an earlier key has the same name')
    : accepted({ kid, jwk: jwk.value });
}
