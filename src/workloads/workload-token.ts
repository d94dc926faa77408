import { createHash } from 'node:crypto';
import { decodeBase64url } from '../protocol/base64url.ts';
import { maxJwtBytes, maxKidLength } from '../protocol/limits.ts';
import { accepted, type Parsed, refused, refusedBelow } from '../protocol/parsed.ts';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { KeySource } from './workload-rule.ts';

/** The signature algorithms of identity providers; RFC 8725 §3.1: an allow-list, compared exactly. */
export const workloadAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
] as const;

/** One value of `alg` that is read. */
export type WorkloadAlgorithm = (typeof workloadAlgorithms)[number];

/** A workload's token taken apart. Nothing in it is verified: it is what somebody claims. */
export interface WorkloadToken {
  readonly text: string;
  readonly algorithm: WorkloadAlgorithm;
  readonly kid: string;
  readonly claims: JsonObject;
}

/** Members that bring a key or change what is signed. Others, such as `x5t`, are not looked at. */
const refusedMembers = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'] as const;
const types: ReadonlySet<string> = new Set(['jwt', 'jose', 'at+jwt']);

/**
 * Takes a JWT (RFC 7519) of a workload apart, size first: three canonical base64url parts, so that a
 * token has one spelling; strict JSON in the first two; an algorithm of the list and a `kid`; no
 * header member that would let the token choose its key. Rules: `jws-too-large`, `jws-format`,
 * `jws-header`, `alg-not-allowed`, `typ-not-allowed`, and those of `parseStrictJson`.
 */
export function parseWorkloadToken(text: string): Parsed<WorkloadToken> {
  if (text.length > maxJwtBytes) return refused('', 'jws-too-large', 'longer than a token may be');
  const parts = text.split('.', 4).map(decodeBase64url);
  const [first, second, third] = parts;
  if (parts.length !== 3 || first === undefined || second === undefined || third === undefined) {
    return refused('', 'jws-format', 'not three base64url parts');
  }
  const header = parseStrictJsonObject(first);
  if (!header.ok) return refusedBelow('/header', header);
  const named = readHeader(header.value);
  if (!named.ok) return refusedBelow('/header', named);
  const claims = parseStrictJsonObject(second);
  if (!claims.ok) return refusedBelow('/payload', claims);
  return accepted({ text, ...named.value, claims: claims.value });
}

function readHeader(
  header: JsonObject,
): Parsed<{ readonly algorithm: WorkloadAlgorithm; readonly kid: string }> {
  const { alg, kid, typ = 'JWT' } = header;
  const algorithm = workloadAlgorithms.find((known) => known === alg);
  if (algorithm === undefined) return refused('/alg', 'alg-not-allowed', 'not an algorithm of use');
  // RFC 8725 §3.10: a token does not say where its key is to be had.
  if (refusedMembers.some((member) => Object.hasOwn(header, member))) {
    return refused('', 'jws-header', 'a header member that is not used here');
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
    return refused('/kid', 'jws-header', 'does not name a key');
  }
  // RFC 8725 §3.11: an ID token, a JWT-SVID or an access token, and nothing made for another end.
  if (typeof typ !== 'string' || !types.has(typ.toLowerCase())) {
    return refused('/typ', 'typ-not-allowed', 'a token of another type');
  }
  return accepted({ algorithm, kid });
}

/**
 * The name under which a token is exchanged once: by its `jti` at its issuer, and by what was signed
 * where it has none. The signature is no part of it: an ECDSA signature has a second spelling.
 */
export function exchangeKeyOf({ text, claims }: WorkloadToken, source: KeySource): string {
  const { jti } = claims;
  const name = typeof jti === 'string' && jti !== '' ? ['jti', jti] : ['jws', signedPartOf(text)];
  const place = [source.kind, source.issuer, source.jwksUri];
  return createHash('sha256')
    .update(JSON.stringify([...place, ...name]))
    .digest('base64url');
}

function signedPartOf(text: string): string {
  return text.slice(0, text.lastIndexOf('.'));
}
