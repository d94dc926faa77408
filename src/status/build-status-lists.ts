import type { Issuer } from '../keys/issuer.ts';
import { originOf } from '../organizations/organization.ts';
import {
  buildBitstringStatusList,
  encodeBitstring,
  type StatusPurpose,
  setBit,
} from '../protocol/bitstring-status-list.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { buildTokenStatusList, encodeStatuses, packStatus } from '../protocol/token-status-list.ts';
import { type StatusList, statusUrls } from './status-list.ts';
import type { StatusExceptions } from './status-store.ts';

/** How long a verifier may hold a list. */
const ttlS = 30;
/** How long a list is valid: an attacker who freezes an old one gains no more than this. */
export const statusListValidityMs = 15 * 60_000;
const tokenStatusBits = 2;
const indicesAtOnce = 65_536;
const tokenStatusOf = { revoked: 1, suspended: 2 } as const;

/** What the three documents of a list show: all indices but the exceptions are valid. */
export interface StatusListContent {
  readonly issuer: Issuer;
  readonly list: StatusList;
  readonly exceptions: StatusExceptions;
  readonly validFrom: Date;
}

/** The three documents of a list, unsigned: all projections of the same exceptions. */
export interface UnsignedStatusLists {
  readonly revocation: JsonObject;
  readonly suspension: JsonObject;
  readonly token: JsonObject;
}

/**
 * Builds the three documents of a list from one set of exceptions, so that they cannot disagree.
 */
export async function buildStatusLists(content: StatusListContent): Promise<UnsignedStatusLists> {
  return {
    revocation: await buildBitstring(content, 'revocation', content.exceptions.revoked),
    suspension: await buildBitstring(content, 'suspension', content.exceptions.suspended),
    token: await buildToken(content),
  };
}

async function buildBitstring(
  content: StatusListContent,
  purpose: StatusPurpose,
  indices: Uint32Array,
): Promise<JsonObject> {
  const { issuer, list, validFrom } = content;
  const bits = new Uint8Array(list.size / 8);
  await inSlices(indices, (index) => setBit(bits, index));
  return buildBitstringStatusList({
    url: statusUrls(issuer.organization.baseUrl, list.number)[purpose],
    issuer: issuer.organization.did,
    origin: originOf(issuer.organization),
    purpose,
    encodedList: await encodeBitstring(bits),
    validFrom,
    validUntil: new Date(validFrom.getTime() + statusListValidityMs),
    ttlMs: ttlS * 1_000,
  });
}

async function buildToken(content: StatusListContent): Promise<JsonObject> {
  const { issuer, list, validFrom } = content;
  const packed = new Uint8Array((list.size * tokenStatusBits) / 8);
  const statuses = { bytes: packed, bits: tokenStatusBits } as const;
  const { revoked, suspended } = content.exceptions;
  await inSlices(revoked, (index) => packStatus(statuses, index, tokenStatusOf.revoked));
  await inSlices(suspended, (index) => packStatus(statuses, index, tokenStatusOf.suspended));
  return buildTokenStatusList({
    url: statusUrls(issuer.organization.baseUrl, list.number).token,
    issuer: issuer.organization.did,
    iat: validFrom,
    exp: new Date(validFrom.getTime() + statusListValidityMs),
    ttlS,
    bits: tokenStatusBits,
    lst: await encodeStatuses(packed),
  });
}

/** Others have their turn in between: a list may have a million entries. */
async function inSlices(indices: Uint32Array, write: (index: number) => void): Promise<void> {
  for (let start = 0; start < indices.length; start += indicesAtOnce) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
    indices.subarray(start, start + indicesAtOnce).forEach(write);
  }
}
