import { decodeBase64url } from './base64url.ts';
import { isOnP256, isUsableEd25519Point } from './curve-point.ts';
import { type Sha256, sha256Base64url } from './digest.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** The fully specified algorithms that are used for signing (RFC 7518 §3.4, RFC 9864 §2.2). */
export type SigningAlgorithm = 'ES256' | 'Ed25519';

/** A P-256 public key: the members that make the key, and no others (RFC 7518 §6.2.1). */
export type EcPublicJwk = {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
};

/** An Ed25519 public key: the members that make the key, and no others (RFC 8037 §2). */
export type OkpPublicJwk = {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
};

/** A public key that signatures are verified with. */
export type PublicJwk = EcPublicJwk | OkpPublicJwk;

// RFC 7518 §6.2.2, §6.3.2, §6.4.1 and RFC 8037 §2; `priv` is what later key types use.
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** Whether an object is a JWK that holds private or symmetric key material. */
export function holdsPrivateKey(object: JsonObject): boolean {
  return privateMembers.some((member) => Object.hasOwn(object, member));
}

/**
 * Parses a public JWK into its material members, frozen. Private or symmetric members are refused
 * (`jwk-private`), as are key types and curves other than P-256 and Ed25519 (`jwk-unsupported`),
 * coordinates that are not canonical or no usable point of the curve (`jwk-malformed`), a `use` or
 * `key_ops` that does not let the key verify (`jwk-use`), and an `alg` of another key (`jwk-alg`).
 */
export function parsePublicJwk(json: unknown): Parsed<PublicJwk> {
  if (!isObject(json)) return refused('', 'jwk-malformed', 'not a JSON object');
  if (holdsPrivateKey(json)) return refused('', 'jwk-private', 'holds private key material');
  const material = parseMaterial(json);
  if (!material.ok) return material;
  return findUseFault(json, material.value) ?? material;
}

/** The algorithm that a key signs with: one key, one algorithm (RFC 8725 §3.1). */
export function algorithmOf(jwk: PublicJwk): SigningAlgorithm {
  return jwk.kty === 'EC' ? 'ES256' : 'Ed25519';
}

/** Whether an `alg` may be used with a key. The older `EdDSA` fits Ed25519 keys (RFC 9864 §3.1.2). */
export function algorithmFits(alg: string, jwk: PublicJwk): boolean {
  return alg === algorithmOf(jwk) || (alg === 'EdDSA' && jwk.kty === 'OKP');
}

const thumbprints = new WeakMap<PublicJwk, Promise<string>>();

/**
 * The SHA-256 thumbprint of a key as base64url (RFC 7638 §3, RFC 8037 Appendix A.3). Computed once
 * for a frozen key, as `parsePublicJwk` gives them.
 */
export function jwkThumbprint(jwk: PublicJwk, hash?: Sha256): Promise<string> {
  const known = thumbprints.get(jwk);
  if (known !== undefined) return known;
  const thumbprint = sha256Base64url(requiredMembers(jwk), hash);
  if (Object.isFrozen(jwk)) thumbprints.set(jwk, thumbprint);
  return thumbprint;
}

// RFC 7638 §3.2 and §3.3: the required members in the order of their names, without white space.
function requiredMembers(jwk: PublicJwk): string {
  return jwk.kty === 'EC'
    ? JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })
    : JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
}

function isObject(json: unknown): json is JsonObject {
  return isJsonObject(json as JsonValue | undefined);
}

function parseMaterial(jwk: JsonObject): Parsed<PublicJwk> {
  const { kty, crv } = jwk;
  if (kty === 'EC' && crv === 'P-256') return parseEcMaterial(jwk);
  if (kty === 'OKP' && crv === 'Ed25519') return parseOkpMaterial(jwk);
  return typeof kty === 'string'
    ? refused('/kty', 'jwk-unsupported', 'only P-256 and Ed25519 keys are used')
    : refused('/kty', 'jwk-malformed', 'has no key type');
}

function parseEcMaterial({ x, y }: JsonObject): Parsed<PublicJwk> {
  // RFC 7518 §6.2.1.2: a coordinate has the full length of the field.
  const [left, right] = [decodeCoordinate(x), decodeCoordinate(y)];
  if (typeof x !== 'string' || left === undefined) return notACoordinate('/x');
  if (typeof y !== 'string' || right === undefined) return notACoordinate('/y');
  return isOnP256(left, right)
    ? accepted(Object.freeze({ kty: 'EC', crv: 'P-256', x, y }))
    : refused('', 'jwk-malformed', 'not a point of P-256');
}

function parseOkpMaterial({ x }: JsonObject): Parsed<PublicJwk> {
  const point = decodeCoordinate(x);
  if (typeof x !== 'string' || point === undefined) return notACoordinate('/x');
  return isUsableEd25519Point(point)
    ? accepted(Object.freeze({ kty: 'OKP', crv: 'Ed25519', x }))
    : refused('/x', 'jwk-malformed', 'not a usable point of Ed25519');
}

function decodeCoordinate(value: JsonValue | undefined): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : undefined;
  return bytes?.length === 32 ? bytes : undefined;
}

function notACoordinate(pointer: string): Refused {
  return refused(pointer, 'jwk-malformed', 'not 32 octets in base64url');
}

function findUseFault(jwk: JsonObject, material: PublicJwk): Refused | undefined {
  const { use, key_ops: operations, alg } = jwk;
  // RFC 7517 §4.2 and §4.3: what the key says it is for is binding.
  if (use !== undefined && use !== 'sig') {
    return refused('/use', 'jwk-use', 'not a key for signatures');
  }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return refused('/key_ops', 'jwk-use', 'not a key to verify with');
  }
  // RFC 8725 §3.1: each key is used with exactly one algorithm.
  if (alg !== undefined && !(typeof alg === 'string' && algorithmFits(alg, material))) {
    return refused('/alg', 'jwk-alg', 'the algorithm is not one of this key');
  }
  return undefined;
}
