import { decodeBase64url, encodeBase64url } from './base64url.ts';
import type { CompactJws } from './compact-jws.ts';
import { agentContextPath } from './credential-envelope.ts';
import { formatDateTime, formatDateTimeMs } from './date-time.ts';
import type { Did } from './did-web.ts';
import { deflate, type InflateAtOnce, inflate } from './inflate.ts';
import { credentialsContext, numericDateOf, parseIssuance } from './issuance.ts';
import { maxStatusListBytes, minBitstringEntries } from './limits.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** What a list tells about the credentials in it (BSL §2.2). */
export type StatusPurpose = 'revocation' | 'suspension';

/** What the payload of a list is made of. */
export interface BitstringStatusListInput {
  readonly url: string;
  readonly issuer: Did;
  readonly purpose: StatusPurpose;
  /** As `encodeBitstring` gives it. */
  readonly encodedList: string;
  /** Kept to the millisecond: it orders the versions of a list. */
  readonly validFrom: Date;
  /** Whole seconds: a fraction is cut. */
  readonly validUntil: Date;
  readonly ttlMs: number;
  /** Where contexts are, without a final slash. */
  readonly origin: string;
}

/** A list that was read, from a JWS whose signature is somebody else's business. */
export interface BitstringStatusList {
  readonly issuer: Did;
  readonly purposes: readonly string[];
  readonly encodedList: string;
  readonly validFrom: Date;
  readonly validUntil: Date | undefined;
  /** As written, in milliseconds; the reader sets bounds. */
  readonly ttlMs: number | undefined;
}

/** Encodes a bitstring: `u` (multibase base64url) and its gzip (BSL §2.2, §3.3). */
export async function encodeBitstring(bits: Uint8Array): Promise<string> {
  return `u${encodeBase64url(await deflate(new Uint8Array(bits), 'gzip'))}`;
}

/**
 * Decodes a bitstring of at least 131,072 entries of one bit. Rules: `status-list-too-large`,
 * `status-list-encoding`, `status-list-length`. `atOnce` is an inflater of the host's, which is
 * faster.
 */
export async function decodeBitstring(
  text: string,
  atOnce?: InflateAtOnce,
): Promise<Parsed<Uint8Array<ArrayBuffer>>> {
  if (text.length > maxStatusListBytes) {
    return refused('', 'status-list-too-large', 'longer than what is read');
  }
  const compressed = text.startsWith('u') ? decodeBase64url(text.slice(1)) : undefined;
  if (compressed === undefined) {
    return refused('', 'status-list-encoding', 'not multibase base64url');
  }
  const bits = await inflate(compressed, 'gzip', atOnce);
  // BSL §3.2 (STATUS_LIST_LENGTH_ERROR): a short list gives away who is in it.
  return bits.ok && bits.value.length * 8 < minBitstringEntries
    ? refused('', 'status-list-length', `has fewer than ${minBitstringEntries} entries`)
    : bits;
}

/** Whether the bit at an index is set. Throws a RangeError beyond the end: ask for the length first. */
export function readBit(bits: Uint8Array, index: number): boolean {
  const { byte, mask } = locate(bits, index);
  return ((bits[byte] ?? 0) & mask) !== 0;
}

/** Sets, or clears, the bit at an index. Throws a RangeError beyond the end. */
export function setBit(bits: Uint8Array, index: number, value = true): void {
  const { byte, mask } = locate(bits, index);
  const rest = (bits[byte] ?? 0) & ~mask;
  bits[byte] = value ? rest | mask : rest;
}

// BSL §2.2: index 0 is the left-most, most significant bit of the first octet.
function locate(bits: Uint8Array, index: number): { byte: number; mask: number } {
  if (!Number.isInteger(index) || index < 0 || index >= bits.length * 8) {
    throw new RangeError('the bitstring has no such index');
  }
  return { byte: Math.floor(index / 8), mask: 0x80 >> (index % 8) };
}

/** Builds the payload of a BitstringStatusListCredential (BSL §2.2). */
export function buildBitstringStatusList(input: BitstringStatusListInput): JsonObject {
  const subject = `${input.url}#list`;
  return {
    '@context': [credentialsContext, `${input.origin}${agentContextPath}`],
    id: input.url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: input.issuer,
    validFrom: formatDateTimeMs(input.validFrom),
    validUntil: formatDateTime(input.validUntil),
    credentialSubject: {
      id: subject,
      type: 'BitstringStatusList',
      statusPurpose: input.purpose,
      encodedList: input.encodedList,
      ttl: input.ttlMs,
    },
    iss: input.issuer,
    sub: subject,
    iat: numericDateOf(input.validFrom),
    exp: numericDateOf(input.validUntil),
  };
}

/**
 * Parses the list that was read from `url`, anybody's. Rules: `status-list-url` when it is the list
 * of another URL, `status-list-type`, `status-list-subject`, `status-list-encoding`,
 * `issuer-mismatch` and `credential-…`.
 */
export function parseBitstringStatusList(
  jws: CompactJws,
  expectation: { readonly url: string },
): Parsed<BitstringStatusList> {
  const { payload } = jws;
  const subject = payload['credentialSubject'];
  const fault = findListFault(payload, expectation.url);
  if (fault !== undefined) return fault;
  if (!isJsonObject(subject) || subject['type'] !== 'BitstringStatusList') {
    return refused('/credentialSubject', 'status-list-subject', 'not one BitstringStatusList');
  }
  const purposes = purposesOf(subject['statusPurpose']);
  if (purposes === undefined) {
    return refused('/credentialSubject/statusPurpose', 'status-list-subject', 'not purposes');
  }
  const { encodedList, ttl } = subject;
  if (typeof encodedList !== 'string') {
    return refused('/credentialSubject/encodedList', 'status-list-encoding', 'not a string');
  }
  const issuance = parseIssuance(jws);
  if (!issuance.ok) return issuance;
  const { issuer, validFrom, validUntil } = issuance.value;
  const ttlMs = typeof ttl === 'number' ? ttl : undefined;
  return accepted({ issuer: issuer.did, purposes, encodedList, validFrom, validUntil, ttlMs });
}

const unwantedMembers = ['vc', 'vp', 'nbf', 'proof', 'jti'];

function findListFault(payload: JsonObject, url: string): Refused | undefined {
  const contexts = payload['@context'];
  const types = payload['type'];
  if (!Array.isArray(contexts) || contexts[0] !== credentialsContext) {
    return refused('/@context', 'credential-context', 'not led by the context of credentials');
  }
  const unwanted = unwantedMembers.find((name) => Object.hasOwn(payload, name));
  if (unwanted !== undefined) {
    return refused(`/${unwanted}`, 'credential-unknown-member', 'does not belong here');
  }
  const expected = ['VerifiableCredential', 'BitstringStatusListCredential'];
  if (!Array.isArray(types) || !expected.every((type) => types.includes(type))) {
    return refused('/type', 'status-list-type', 'not a BitstringStatusListCredential');
  }
  // BSL §2.2: the list is what was asked for, and not another one of the same issuer.
  return payload['id'] === url
    ? undefined
    : refused('/id', 'status-list-url', 'the list of another URL');
}

// BSL §2.2: one purpose, or several.
function purposesOf(value: JsonValue | undefined): readonly string[] | undefined {
  const purposes = Array.isArray(value) ? value : [value];
  return purposes.length > 0 && purposes.every((purpose) => typeof purpose === 'string')
    ? purposes
    : undefined;
}
