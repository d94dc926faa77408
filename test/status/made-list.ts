import type { OrganizationId } from '../../src/organizations/organization.ts';
import {
  type StatusList,
  type StatusListId,
  statusListSize,
} from '../../src/status/status-list.ts';

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
    ...changes,
  };
}
