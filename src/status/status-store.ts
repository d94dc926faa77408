import type { OrganizationId } from '../organizations/organization.ts';
import type { StatusList, StatusListId, StatusReference } from './status-list.ts';

/** A change to the recorded state of some holders. A date sets, null clears. */
export type StatusChange =
  | { readonly revokedAt: Date }
  | { readonly suspendedAt: Date | null }
  | { readonly agentSuspendedAt: Date | null };

/** The indices of a list that are not `valid`, each in one of the members, ascending. */
export interface StatusExceptions {
  readonly revoked: Uint32Array;
  readonly suspended: Uint32Array;
}

/** Reads status lists and what is recorded in them. */
export interface StatusReader {
  /** Those that are served: retired ones are left out. */
  listLists(): Promise<readonly StatusList[]>;
  findList(id: StatusListId): Promise<StatusList | null>;
  /** All entries of the list that are not `valid`. */
  readExceptions(id: StatusListId): Promise<StatusExceptions>;
}

/** Writes status lists and entries, inside a unit of work. */
export interface StatusStore extends StatusReader {
  insertList(list: StatusList): Promise<void>;
  /**
   * Advances the counter of the organization's newest list by up to `count` and returns the list as
   * it was before, with how many were taken (0 when it is full); null when there is no list. The
   * list is locked until the transaction ends.
   */
  takeIndices(
    organizationId: OrganizationId,
    count: number,
  ): Promise<{ readonly list: StatusList; readonly granted: number } | null>;
  /** Fails when an index is in use: (list, index) is unique in the database. */
  insertEntries(entries: readonly (StatusReference & { readonly holder: string })[]): Promise<void>;
  /**
   * Applies the change to the entries of these holders, counts the revision of every list touched
   * up by one, and returns the ids of those lists. A revoked entry stays revoked: its first
   * `revokedAt` is kept. Entries already in that state are left alone. A suspension that ends is
   * kept with its beginning and its end, for questions about the past.
   */
  change(holders: readonly string[], change: StatusChange): Promise<readonly StatusListId[]>;
  /**
   * Locks the list and records that `revision` is published as of `at`. Returns false, and changes
   * nothing, when a publication with the same or a later `at`, or of a later revision, is recorded,
   * or the list is retired.
   */
  recordPublication(
    id: StatusListId,
    publication: { readonly revision: number; readonly at: Date },
  ): Promise<boolean>;
  /** Keeps, for each list, the latest validUntil of what it was ever told. */
  noteEnds(
    ends: readonly { readonly listId: StatusListId; readonly validUntil: Date }[],
  ): Promise<void>;
  /** Ends the publications of the list. Returns false when it had ended before. */
  retire(id: StatusListId, at: Date): Promise<boolean>;
}
