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
import { type StatusList, type StatusState, statusUrls } from './status-list.ts';

/** How long a verifier may hold a list. */
const ttlS = 30;
/** How long a list is valid: an attacker who freezes an old one gains no more than this. */
export const statusListValidityMs = 15 * 60_000;
const tokenStatusBits = 2;
const tokenStatusOf = { valid: 0, revoked: 1, suspended: 2 } as const;

/** What the three documents of a list show: all indices but the exceptions are valid. */
export interface StatusListContent {
  readonly issuer: Issuer;
  readonly list: StatusList;
  readonly exceptions: readonly { readonly index: number; readonly state: StatusState }[];
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
    revocation: await buildBitstring(content, { purpose: 'revocation', state: 'revoked' }),
    suspension: await buildBitstring(content, { purpose: 'suspension', state: 'suspended' }),
    token: await buildToken(content),
  };
}

async function buildBitstring(
  content: StatusListContent,
  show: { purpose: StatusPurpose; state: StatusState },
): Promise<JsonObject> {
  const { issuer, list, validFrom } = content;
  const bits = new Uint8Array(list.size / 8);
  for (const { index, state } of content.exceptions) {
    if (state === show.state) setBit(bits, index);
  }
  return buildBitstringStatusList({
    url: statusUrls(issuer.organization.baseUrl, list.number)[show.purpose],
    issuer: issuer.organization.did,
    origin: originOf(issuer.organization),
    purpose: show.purpose,
    encodedList: await encodeBitstring(bits),
    validFrom,
    validUntil: new Date(validFrom.getTime() + statusListValidityMs),
    ttlMs: ttlS * 1_000,
  });
}

async function buildToken(content: StatusListContent): Promise<JsonObject> {
  const { issuer, list, validFrom } = content;
  const packed = new Uint8Array((list.size * tokenStatusBits) / 8);
  for (const { index, state } of content.exceptions) {
    packStatus({ bytes: packed, bits: tokenStatusBits }, index, tokenStatusOf[state]);
  }
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
