import type { OrganizationId } from '../../src/organizations/organization.ts';
import {
  type StatusList,
  type StatusListId,
  type StatusState,
  statusListSize,
} from '../../src/status/status-list.ts';
import type { StatusExceptions } from '../../src/status/status-store.ts';

/** The seventh list of the organization in the contract's examples. */
export function aList(changes: Partial<StatusList> = {}): StatusList {
  return {
    id: 'lst_7' as StatusListId,
    organizationId: 'org_acme' as OrganizationId,
    number: 7,
    size: statusListSize,
    taken: 0,
    permutationKey: new Uint8Array(32).fill(1),
    revision: 0,
    publishedRevision: -1,
    publishedAt: null,
    lastEnd: null,
    retiredAt: null,
    ...changes,
  };
}

/** Exceptions in the form in which they are read, from one object for each. */
export function exceptionsOf(
  exceptions: readonly { readonly index: number; readonly state: StatusState }[],
): StatusExceptions {
  const indicesOf = (wanted: StatusState) =>
    Uint32Array.from(
      exceptions.filter(({ state }) => state === wanted).map(({ index }) => index),
    ).sort();
  return { revoked: indicesOf('revoked'), suspended: indicesOf('suspended') };
}
