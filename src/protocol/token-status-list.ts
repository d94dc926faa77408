import { decodeBase64url, encodeBase64url } from './base64url.ts';
import type { CompactJws } from './compact-jws.ts';
import { type Did, parseDidUrl } from './did-web.ts';
import { deflate, type InflateAtOnce, inflate } from './inflate.ts';
import { numericDateOf, parseNumericDate } from './issuance.ts';
import { maxStatusListBytes } from './limits.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** How many bits one status takes (TSL §4.1). */
export type StatusBits = 1 | 2 | 4 | 8;

/** Statuses packed into octets. */
export interface PackedStatuses {
  readonly bytes: Uint8Array;
  readonly bits: StatusBits;
}

/** What the payload of a list is made of. */
export interface TokenStatusListInput {
  readonly url: string;
  readonly issuer: Did;
  /** Whole seconds: fractions are cut. */
  readonly iat: Date;
  readonly exp: Date;
  readonly ttlS: number;
  readonly bits: StatusBits;
  /** As `encodeStatuses` gives it. */
  readonly lst: string;
}

/** A list that was read, from a JWS whose signature is somebody else's business. */
export interface TokenStatusList {
  /** `iss`, which is also the DID in `kid`; undefined when the list has no `iss`. */
  readonly issuer: Did | undefined;
  readonly iat: Date;
  readonly exp: Date | undefined;
  /** As written, in seconds; the reader sets bounds. */
  readonly ttlS: number | undefined;
  readonly bits: StatusBits;
  readonly lst: string;
}

/** Encodes packed statuses: the base64url of their zlib stream (TSL §4.1). */
export async function encodeStatuses(bytes: Uint8Array): Promise<string> {
  return encodeBase64url(await deflate(new Uint8Array(bytes), 'deflate'));
}

/**
 * Decodes packed statuses. Rules: `status-list-too-large`, `status-list-encoding`. `atOnce` is an
 * inflater of the host's, which is faster.
 */
export async function decodeStatuses(
  lst: string,
  atOnce?: InflateAtOnce,
): Promise<Parsed<Uint8Array<ArrayBuffer>>> {
  if (lst.length > maxStatusListBytes) {
    return refused('', 'status-list-too-large', 'longer than what is read');
  }
  const compressed = decodeBase64url(lst);
  return compressed === undefined
    ? refused('', 'status-list-encoding', 'not base64url')
    : inflate(compressed, 'deflate', atOnce);
}

/** The status at an index; undefined beyond the end, which refuses the token (TSL §8.3). */
export function readStatus(list: PackedStatuses, index: number): number | undefined {
  const place = locate(list, index);
  if (place === undefined) return undefined;
  return ((list.bytes[place.byte] ?? 0) >> place.shift) & maskOf(list.bits);
}

/** Writes the status at an index. Throws a RangeError beyond the end, or when it does not fit. */
export function packStatus(list: PackedStatuses, index: number, status: number): void {
  const place = locate(list, index);
  if (
    place === undefined ||
    !Number.isInteger(status) ||
    status < 0 ||
    status > maskOf(list.bits)
  ) {
    throw new RangeError('the list has no such index or status');
  }
  const rest = (list.bytes[place.byte] ?? 0) & ~(maskOf(list.bits) << place.shift);
  list.bytes[place.byte] = rest | (status << place.shift);
}

// TSL §4.1: index 0 is in the least significant bits of the first octet.
function locate(
  { bytes, bits }: PackedStatuses,
  index: number,
): { byte: number; shift: number } | undefined {
  const perByte = 8 / bits;
  if (!Number.isInteger(index) || index < 0 || index >= bytes.length * perByte) return undefined;
  return { byte: Math.floor(index / perByte), shift: (index % perByte) * bits };
}

function maskOf(bits: StatusBits): number {
  return (1 << bits) - 1;
}

/** Builds the payload of a Status List Token (TSL §5.1). */
export function buildTokenStatusList(input: TokenStatusListInput): JsonObject {
  return {
    iss: input.issuer,
    sub: input.url,
    iat: numericDateOf(input.iat),
    exp: numericDateOf(input.exp),
    ttl: input.ttlS,
    status_list: { bits: input.bits, lst: input.lst },
  };
}

/**
 * Parses the list that was read from `url`, anybody's (TSL §8.3). Rules: `status-list-url` when it
 * is the list of another URL, `status-list-subject`, `status-list-encoding`, `issuer-mismatch` and
 * `credential-time`.
 */
export function parseTokenStatusList(
  jws: CompactJws,
  expectation: { readonly url: string },
): Parsed<TokenStatusList> {
  const { sub, iss, iat, exp, ttl, status_list: list } = jws.payload;
  // TSL §8.3: the subject is the URI that the credential points to.
  if (sub !== expectation.url) return refused('/sub', 'status-list-url', 'the list of another URL');
  const issuer = parseIssuer(iss, jws.header.kid);
  if (!issuer.ok) return issuer;
  const issuedAt = parseNumericDate(iat);
  const expiresAt = parseNumericDate(exp);
  if (issuedAt === undefined) return refused('/iat', 'credential-time', 'not a NumericDate');
  if (exp !== undefined && (expiresAt === undefined || expiresAt <= issuedAt)) {
    return refused('/exp', 'credential-time', 'not a NumericDate after iat');
  }
  if (!isJsonObject(list)) return refused('/status_list', 'status-list-subject', 'not an object');
  const { bits, lst } = list;
  if (!isStatusBits(bits)) {
    return refused('/status_list/bits', 'status-list-subject', 'not 1, 2, 4 or 8');
  }
  if (typeof lst !== 'string') {
    return refused('/status_list/lst', 'status-list-encoding', 'not a string');
  }
  const ttlS = typeof ttl === 'number' ? ttl : undefined;
  return accepted({ issuer: issuer.value, iat: issuedAt, exp: expiresAt, ttlS, bits, lst });
}

function parseIssuer(iss: JsonValue | undefined, kid: string): Parsed<Did | undefined> {
  const key = parseDidUrl(kid);
  if (!key.ok) return mismatch('the kid is not the key of a DID');
  if (iss === undefined) return accepted(undefined);
  return iss === key.value.did.did
    ? accepted(key.value.did.did)
    : mismatch('iss is not the DID of the kid');
}

function mismatch(detail: string): Refused {
  return refused('/iss', 'issuer-mismatch', detail);
}

function isStatusBits(value: JsonValue | undefined): value is StatusBits {
  return value === 1 || value === 2 || value === 4 || value === 8;
}
