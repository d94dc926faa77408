import { randomBytes } from 'node:crypto';
import { newId } from '../kernel/new-id.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { permuteIndex } from './index-permutation.ts';
import {
  type StatusList,
  type StatusListId,
  type StatusReference,
  statusListSize,
} from './status-list.ts';
import type { StatusStore } from './status-store.ts';

/** Who needs an index: the ids of credentials of one organization. */
export interface ReserveIndexOrder {
  readonly organizationId: OrganizationId;
  readonly holders: readonly string[];
  readonly at: Date;
  /** Of lists that are opened from now on; the least there may be unless given. */
  readonly listSize?: number | undefined;
}

export interface ReservedIndices {
  /** One for each holder, in their order. */
  readonly references: readonly StatusReference[];
  /**
   * Lists that were never published, begun here or by somebody who is not done yet: they must be
   * served before a credential that points to them is.
   */
  readonly openedLists: readonly StatusListId[];
}

/**
 * Gives each holder an index that was never used before, in the order of the holders. It runs in
 * the transaction that records the credentials; when that rolls back, the indices are free again.
 * A list that fills up is followed by a new one.
 */
export async function reserveIndices(
  stores: { readonly status: StatusStore },
  order: ReserveIndexOrder,
): Promise<ReservedIndices> {
  const references: StatusReference[] = [];
  const openedLists = new Set<StatusListId>();
  let full: StatusListId | null = null;
  while (references.length < order.holders.length) {
    const wanted = order.holders.length - references.length;
    const taken = await stores.status.takeIndices(order.organizationId, wanted);
    if (taken === null || (taken.granted === 0 && taken.list.id === full)) {
      const list = newStatusList(order, (taken?.list.number ?? 0) + 1);
      await stores.status.insertList(list);
      continue;
    }
    if (taken.granted > 0 && taken.list.publishedAt === null) openedLists.add(taken.list.id);
    references.push(...referencesOf(taken.list, taken.granted));
    if (taken.granted < wanted) full = taken.list.id;
  }
  await stores.status.insertEntries(
    references.map((reference, place) => ({ ...reference, holder: order.holders[place] ?? '' })),
  );
  return { references, openedLists: [...openedLists] };
}

/** An empty list with a permutation of its own. */
export function newStatusList(
  order: Omit<ReserveIndexOrder, 'holders'>,
  number: number,
): StatusList {
  return {
    id: newId('lst', order.at),
    organizationId: order.organizationId,
    number,
    size: order.listSize ?? statusListSize,
    taken: 0,
    permutationKey: randomBytes(32),
    revision: 0,
    publishedRevision: -1,
    publishedAt: null,
    lastEnd: null,
    retiredAt: null,
  };
}

function referencesOf(list: StatusList, granted: number): StatusReference[] {
  const permutation = { size: list.size, key: list.permutationKey };
  return Array.from({ length: granted }, (_, place) => ({
    listId: list.id,
    listNumber: list.number,
    index: permuteIndex(list.taken + place, permutation),
  }));
}
