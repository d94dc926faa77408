import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { minBitstringEntries } from '../protocol/limits.ts';

/** A status list by its id, `lst_…`. */
export type StatusListId = Brand<'StatusListId'>;

/** How many credentials a list describes unless told: the least that is allowed (BSL §2.2). */
export const statusListSize = minBitstringEntries;

/** A range of indices, published as two Bitstring lists and one Token Status List. */
export interface StatusList {
  readonly id: StatusListId;
  readonly organizationId: OrganizationId;
  /** The short number in the public URLs. */
  readonly number: number;
  readonly size: number;
  /** How many indices were handed out. */
  readonly taken: number;
  /** Keys the permutation that turns a counter into an index; secret, or the order would show. */
  readonly permutationKey: Uint8Array;
  /** Counts changes of state in the list. */
  readonly revision: number;
  /** The revision that the published documents reflect. */
  readonly publishedRevision: number;
  /** validFrom of the published documents; it only grows. */
  readonly publishedAt: Date | null;
  /** The latest validUntil of what it describes; null while it describes nothing. */
  readonly lastEnd: Date | null;
  /** Since when it is not signed anew any more, and its documents are withdrawn. */
  readonly retiredAt: Date | null;
}

/** Where a credential stands in its list. */
export interface StatusReference {
  readonly listId: StatusListId;
  readonly listNumber: number;
  readonly index: number;
}

/** The one state that every projection shows. Revocation outranks suspension. */
export type StatusState = 'valid' | 'revoked' | 'suspended';

/** What is recorded per index. A credential is suspended on its own, or because its agent is. */
export interface StatusEntry extends StatusReference {
  /** The credential that holds the index. */
  readonly holder: string;
  readonly revokedAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly agentSuspendedAt: Date | null;
}

/** The state that a status entry amounts to. */
export function stateOf(
  entry: Pick<StatusEntry, 'revokedAt' | 'suspendedAt' | 'agentSuspendedAt'>,
): StatusState {
  if (entry.revokedAt !== null) return 'revoked';
  return entry.suspendedAt !== null || entry.agentSuspendedAt !== null ? 'suspended' : 'valid';
}

/** The public URLs of a list. */
export function statusUrls(baseUrl: string, number: number) {
  return {
    revocation: `${baseUrl}/status/${number}r`,
    suspension: `${baseUrl}/status/${number}s`,
    token: `${baseUrl}/token-status/${number}`,
  } as const;
}
