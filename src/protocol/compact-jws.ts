import { decodeBase64url } from './base64url.ts';
import { maxKidLength } from './limits.ts';
import { accepted, type Parsed, pointerTo, refused, refusedBelow } from './parsed.ts';
import { type JsonObject, parseStrictJsonObject } from './strict-json.ts';
import { decodeUtf8 } from './utf8.ts';

/** The protected header: these members and no others. */
export interface JoseHeader {
  readonly alg: string;
  readonly kid: string;
  readonly typ: string;
  readonly cty?: string;
}

/** A compact JWS taken apart. Nothing in it is verified: it is what somebody claims was signed. */
export interface CompactJws {
  readonly text: string;
  readonly header: JoseHeader;
  readonly payloadText: string;
  readonly payload: JsonObject;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What is expected of a compact JWS before it is decoded. */
export interface JwsExpectation {
  readonly maxBytes: number;
  /** Media types that `typ` may name, without `application/`, in lower case. */
  readonly typ: readonly string[];
}

/** The values of `alg` that are read; RFC 8725 §3.1: an allow-list, compared exactly. */
export const signatureAlgorithms = ['ES256', 'Ed25519', 'EdDSA'] as const;

/** One value of `alg` that is read. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

const algorithms: ReadonlySet<string> = new Set(signatureAlgorithms);
const headerMembers: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'cty']);
// RFC 7518 §3.4 and RFC 8032 §5.1.6: R and S of 32 octets each, for every algorithm above.
const signatureBytes = 64;

/**
 * Takes a compact JWS apart (RFC 7515 §7.1) under a strict profile, size first: exactly three
 * canonical base64url parts, so that a token has one spelling; a header of `alg`, `kid`, `typ` and
 * perhaps `cty`, so that no header member can bring a key, an extension or a compression of its
 * own; strict JSON in header and payload. Rules: `jws-too-large`, `jws-format`, `jws-header`,
 * `alg-not-allowed`, `typ-not-allowed`, `jws-signature`, and those of `parseStrictJson`.
 */
export function parseCompactJws(text: unknown, expectation: JwsExpectation): Parsed<CompactJws> {
  if (typeof text !== 'string') return refused('', 'jws-format', 'not a string');
  if (text.length > expectation.maxBytes) {
    return refused('', 'jws-too-large', `longer than ${expectation.maxBytes} characters`);
  }
  const parts = splitParts(text);
  if (parts === undefined) return refused('', 'jws-format', 'not three base64url parts');
  const header = parseHeader(parts.header, expectation);
  if (!header.ok) return refusedBelow('/header', header);
  if (parts.signature.length !== signatureBytes) {
    return refused('/signature', 'jws-signature', 'the signature has the wrong length');
  }
  const payloadText = decodeUtf8(parts.payload);
  if (payloadText === undefined) return refused('/payload', 'json-utf8', 'not UTF-8');
  const payload = parseStrictJsonObject(payloadText);
  if (!payload.ok) return refusedBelow('/payload', payload);
  const { signature } = parts;
  return accepted({ text, header: header.value, payloadText, payload: payload.value, signature });
}

interface Parts {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array<ArrayBuffer>;
}

function splitParts(text: string): Parts | undefined {
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (second < 0) return undefined;
  // 8725bis §3.14: a fourth part, padding or white space is outside the alphabet.
  const header = decodeBase64url(text.slice(0, first));
  const payload = decodeBase64url(text.slice(first + 1, second));
  const signature = decodeBase64url(text.slice(second + 1));
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  return { header, payload, signature };
}

function parseHeader(bytes: Uint8Array, expectation: JwsExpectation): Parsed<JoseHeader> {
  const parsed = parseStrictJsonObject(bytes);
  if (!parsed.ok) return parsed;
  const { alg, kid, typ, cty } = parsed.value;
  if (typeof alg !== 'string' || !algorithms.has(alg)) {
    return refused('/alg', 'alg-not-allowed', 'signed with none of ES256, Ed25519 and EdDSA');
  }
  for (const member of Object.keys(parsed.value)) {
    // RFC 8725 §3.10: jwk, jku, x5u and the like would let the token choose its own key.
    if (!headerMembers.has(member)) {
      return refused(pointerTo(member), 'jws-header', 'a header member that is not used here');
    }
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
    return refused('/kid', 'jws-header', 'does not name a key');
  }
  // RFC 8725 §3.11: the type keeps a token of one kind from passing for another.
  if (typeof typ !== 'string' || !expectation.typ.includes(mediaType(typ))) {
    return refused('/typ', 'typ-not-allowed', 'a token of another type');
  }
  if (cty !== undefined && typeof cty !== 'string') {
    return refused('/cty', 'jws-header', 'the content type is not a string');
  }
  return accepted({ alg, kid, typ, ...(cty !== undefined && { cty }) });
}

/** A media type in lower case and without `application/` (RFC 7515 §4.1.9). */
export function mediaType(name: string): string {
  return name.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');
}
