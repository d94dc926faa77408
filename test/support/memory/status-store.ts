import type { Clock } from '../../../src/kernel/clock.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import {
  type StatusEntry,
  type StatusList,
  type StatusListId,
  type StatusReference,
  type StatusState,
  stateOf,
} from '../../../src/status/status-list.ts';
import type {
  StatusChange,
  StatusExceptions,
  StatusReader,
  StatusStore,
} from '../../../src/status/status-store.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryStatusReader implements StatusReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async listLists(): Promise<readonly StatusList[]> {
    return [...this.state().lists.values()]
      .filter(({ retiredAt }) => retiredAt === null)
      .sort(byId);
  }

  async findList(id: StatusListId): Promise<StatusList | null> {
    return this.state().lists.get(id) ?? null;
  }

  async readExceptions(id: StatusListId): Promise<StatusExceptions> {
    const own = [...this.state().entries.values()].filter(({ listId }) => listId === id);
    const indicesOf = (state: StatusState) =>
      Uint32Array.from(
        own.filter((entry) => stateOf(entry) === state).map(({ index }) => index),
      ).sort();
    return { revoked: indicesOf('revoked'), suspended: indicesOf('suspended') };
  }
}

export class MemoryStatusStore extends MemoryStatusReader implements StatusStore {
  readonly #clock: Clock;

  constructor(state: StateSource, clock: Clock) {
    super(state);
    this.#clock = clock;
  }

  async insertList(list: StatusList): Promise<void> {
    for (const { id, organizationId, number } of this.state().lists.values()) {
      const numberTaken = organizationId === list.organizationId && number === list.number;
      if (id === list.id || numberTaken) {
        throw new SealwrightError('conflict-retry', 'Another list took this number.');
      }
    }
    this.state().lists.set(list.id, list);
  }

  async takeIndices(
    organizationId: OrganizationId,
    count: number,
  ): Promise<{ readonly list: StatusList; readonly granted: number } | null> {
    const own = [...this.state().lists.values()].filter(
      (list) => list.organizationId === organizationId,
    );
    const list = own.sort((one, other) => other.number - one.number)[0];
    if (list === undefined) return null;
    const granted = Math.min(count, list.size - list.taken);
    this.state().lists.set(list.id, { ...list, taken: list.taken + granted });
    return { list, granted };
  }

  async insertEntries(
    entries: readonly (StatusReference & { readonly holder: string })[],
  ): Promise<void> {
    for (const { listId, listNumber, index, holder } of entries) {
      const used = [...this.state().entries.values()].some(
        (entry) => entry.holder === holder || (entry.listId === listId && entry.index === index),
      );
      if (used) {
        throw new SealwrightError('conflict-retry', 'A status index or its holder is in use.');
      }
      const valid = { revokedAt: null, suspendedAt: null, agentSuspendedAt: null };
      this.state().entries.set(holder, { listId, listNumber, index, holder, ...valid });
    }
  }

  async change(holders: readonly string[], change: StatusChange): Promise<readonly StatusListId[]> {
    const touched = new Set<StatusListId>();
    for (const entry of this.state().entries.values()) {
      if (!holders.includes(entry.holder) || !alters(entry, change)) continue;
      this.state().entries.set(entry.holder, { ...entry, ...change });
      this.#keepSuspension(entry, change);
      touched.add(entry.listId);
    }
    for (const id of touched) this.#updateList(id, ({ revision }) => ({ revision: revision + 1 }));
    return [...touched].sort();
  }

  async recordPublication(
    id: StatusListId,
    publication: { readonly revision: number; readonly at: Date },
  ): Promise<boolean> {
    const list = this.state().lists.get(id);
    if (list === undefined || list.retiredAt !== null) return false;
    if (list.publishedAt !== null && list.publishedAt >= publication.at) return false;
    if (list.publishedRevision > publication.revision) return false;
    const { revision, at } = publication;
    this.#updateList(id, () => ({ publishedRevision: revision, publishedAt: at }));
    return true;
  }

  async noteEnds(
    ends: readonly { readonly listId: StatusListId; readonly validUntil: Date }[],
  ): Promise<void> {
    for (const { listId, validUntil } of ends) {
      this.#updateList(listId, ({ lastEnd }) => ({
        lastEnd: lastEnd === null || lastEnd < validUntil ? validUntil : lastEnd,
      }));
    }
  }

  async retire(id: StatusListId, at: Date): Promise<boolean> {
    const list = this.state().lists.get(id);
    if (list === undefined || list.retiredAt !== null) return false;
    this.#updateList(id, () => ({ retiredAt: at }));
    return true;
  }

  #keepSuspension({ holder, suspendedAt, agentSuspendedAt }: StatusEntry, change: StatusChange) {
    if ('revokedAt' in change) return;
    const [moment, beganAt] =
      'suspendedAt' in change
        ? [change.suspendedAt, suspendedAt]
        : [change.agentSuspendedAt, agentSuspendedAt];
    if (moment !== null || beganAt === null) return;
    this.state().endedSuspensions.push({ holder, beganAt, endedAt: this.#clock.now() });
  }

  #updateList(id: StatusListId, changes: (list: StatusList) => Partial<StatusList>): void {
    const list = this.state().lists.get(id);
    if (list !== undefined) this.state().lists.set(id, { ...list, ...changes(list) });
  }
}

/** Whether a change of a date to set, or of null to clear, makes a difference to the entry. */
function alters(entry: StatusEntry, change: StatusChange): boolean {
  return Object.entries(change).every(
    ([member, moment]) => (entry[member as keyof StatusEntry] === null) === (moment !== null),
  );
}
