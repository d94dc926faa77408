import {
  decodeBitstring,
  parseBitstringStatusList,
  readBit,
} from '../../protocol/bitstring-status-list.ts';
import type { CompactJws } from '../../protocol/compact-jws.ts';
import { parseCompactJws } from '../../protocol/compact-jws.ts';
import type { DidDocument } from '../../protocol/did-document.ts';
import type { Did } from '../../protocol/did-web.ts';
import type { InflateAtOnce } from '../../protocol/inflate.ts';
import { maxStatusListBytes } from '../../protocol/limits.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { accepted, refused } from '../../protocol/parsed.ts';
import type { StatusBits } from '../../protocol/token-status-list.ts';
import {
  decodeStatuses,
  parseTokenStatusList,
  readStatus,
} from '../../protocol/token-status-list.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import type { Fetch } from '../ports.ts';
import type { IssuerKeyRequest, Issuers } from './did-web.ts';
import type { Signatures } from './signatures.ts';

/** The two standards for lists: W3C Bitstring Status List, IETF Token Status List. */
export type ListFormat = 'bitstring' | 'token';

/** A status list whose signature was verified, inflated and ready to be asked. */
export interface StatusList {
  readonly url: string;
  readonly format: ListFormat;
  readonly issuer: Did;
  readonly kid: string;
  /** What the bits mean; empty for a token status list, whose values say it. */
  readonly purposes: readonly string[];
  /** `validFrom` or `iat`, in milliseconds since the epoch: the order among copies of one list. */
  readonly issuedAt: number;
  readonly expiresAt: number | undefined;
  readonly ttlMs: number | undefined;
  /** Octets of memory. */
  readonly weight: number;
  /** The status at an index; undefined when the list ends before it. */
  read(index: number): number | undefined;
}

/** A list whose signature was verified, and under which state of its issuer. */
export interface VerifiedList {
  readonly list: StatusList;
  /** The issuer's document under which the signing key was found. */
  readonly issuerDocument: DidDocument;
}

/** Whose list is expected where, and under which key rules. */
export interface ListExpectation extends Omit<IssuerKeyRequest, 'kid'> {
  readonly url: string;
  readonly format: ListFormat;
}

interface Deps {
  readonly issuers: Issuers;
  readonly signatures: Signatures;
  readonly fetch: Pick<Fetch, 'inflate'>;
}

type Decoded = Pick<StatusList, 'read' | 'weight'>;

interface Claim extends Omit<StatusList, keyof Decoded | 'url' | 'format' | 'kid'> {
  readonly decode: (atOnce: InflateAtOnce | undefined) => Promise<Parsed<Decoded>>;
}

const mediaTypes: Readonly<Record<ListFormat, string>> = {
  bitstring: 'vc+jwt',
  token: 'statuslist+jwt',
};

/** The media type that a list of this format is asked for by. */
export function acceptList(format: ListFormat): string {
  return `application/${mediaTypes[format]}`;
}

/**
 * Verifies a list before anything in it is inflated or believed: its type, its URL, its issuer, its
 * key, its signature (BSL §3.2, TSL §8.3).
 */
export async function verifyStatusList(
  deps: Deps,
  body: Uint8Array,
  expectation: ListExpectation,
): Promise<Parsed<VerifiedList>> {
  const jws = parseCompactJws(decodeUtf8(body), {
    maxBytes: maxStatusListBytes,
    typ: [mediaTypes[expectation.format]],
  });
  const claim = jws.ok ? claimOf(jws.value, expectation) : jws;
  if (!jws.ok || !claim.ok) {
    return jws.ok && !claim.ok ? claim : refused('', 'list-format', 'not a signed status list');
  }
  const signed = await verifySignature(deps, jws.value, expectation);
  if (!signed.ok) {
    return signed;
  }
  const { decode, issuer, purposes, issuedAt, expiresAt, ttlMs } = claim.value;
  const decoded = await decode(deps.fetch.inflate);
  if (!decoded.ok) {
    return decoded;
  }
  const { url, format } = expectation;
  const { kid } = jws.value.header;
  const facts = { url, format, issuer, kid, purposes, issuedAt, expiresAt, ttlMs };
  return accepted({ list: { ...facts, ...decoded.value }, issuerDocument: signed.value });
}

async function verifySignature(
  { issuers, signatures }: Deps,
  jws: CompactJws,
  expectation: ListExpectation,
): Promise<Parsed<DidDocument>> {
  const found = await issuers.key({ ...expectation, kid: jws.header.kid });
  if (!found.ok) {
    return refused('', 'issuer-unresolvable', "the issuer's keys could not be read");
  }
  if (!found.key.ok) {
    return found.key;
  }
  return (await signatures.verifyOnce(jws, found.key.value))
    ? accepted(found.document)
    : refused('/signature', 'signature-invalid', 'the signature does not fit the key');
}

function claimOf(jws: CompactJws, expectation: ListExpectation): Parsed<Claim> {
  const claim =
    expectation.format === 'bitstring'
      ? claimOfBitstring(jws, expectation)
      : claimOfToken(jws, expectation);
  // A list speaks for the issuer of the credential alone, and is signed by that issuer's own key.
  return claim.ok && claim.value.issuer !== expectation.did
    ? refused('/issuer', 'list-issuer', 'the list of another issuer')
    : claim;
}

function claimOfBitstring(jws: CompactJws, { url }: ListExpectation): Parsed<Claim> {
  const parsed = parseBitstringStatusList(jws, { url });
  if (!parsed.ok) {
    return parsed;
  }
  const { issuer, purposes, encodedList, validFrom, validUntil, ttlMs } = parsed.value;
  return accepted({
    issuer,
    purposes,
    issuedAt: validFrom.getTime(),
    expiresAt: validUntil?.getTime(),
    ttlMs,
    decode: async (atOnce) => bitsOf(await decodeBitstring(encodedList, atOnce)),
  });
}

function bitsOf(decoded: Parsed<Uint8Array>): Parsed<Decoded> {
  if (!decoded.ok) {
    return decoded;
  }
  const bits = decoded.value;
  const length = bits.length * 8;
  const read = (index: number) => (index < length ? Number(readBit(bits, index)) : undefined);
  return accepted({ weight: bits.byteLength, read });
}

function claimOfToken(jws: CompactJws, { url, did }: ListExpectation): Parsed<Claim> {
  const parsed = parseTokenStatusList(jws, { url });
  if (!parsed.ok) {
    return parsed;
  }
  const { issuer, iat, exp, ttlS, bits, lst } = parsed.value;
  return accepted({
    issuer: issuer ?? did,
    purposes: [],
    issuedAt: iat.getTime(),
    expiresAt: exp?.getTime(),
    ttlMs: ttlS === undefined ? undefined : ttlS * 1_000,
    decode: async (atOnce) => tokenOf(await decodeStatuses(lst, atOnce), bits),
  });
}

function tokenOf(decoded: Parsed<Uint8Array>, bits: StatusBits): Parsed<Decoded> {
  if (!decoded.ok) {
    return decoded;
  }
  const bytes = decoded.value;
  return accepted({
    weight: bytes.byteLength,
    read: (index: number) => readStatus({ bytes, bits }, index),
  });
}
