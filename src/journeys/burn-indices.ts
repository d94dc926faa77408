import type { CredentialId } from '../credentials/credential.ts';
import { longestValidityMs } from '../credentials/validity.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { newStatusList } from '../status/reserve-index.ts';
import type { StatusList, StatusReference } from '../status/status-list.ts';
import type { ReplayedRecord, ReplayStores } from './replay-effects.ts';

/** An index that was handed out to a credential that is not known any more. */
interface Burned extends StatusReference {
  readonly holder: string;
  /** Until when it may hold at the latest: its own end is not known any more. */
  readonly validUntil: Date;
}

/**
 * Records the indices of credentials that are not in the database as revoked entries, held by their
 * ids: whoever holds such a credential finds it revoked for as long as it may hold, and nobody gets its
 * index again. Returns how many there were.
 */
export async function burnIndices(
  stores: ReplayStores,
  records: readonly ReplayedRecord[],
): Promise<number> {
  const intended = records.filter(({ action }) => action === 'credential.intended');
  const ids = intended.map(({ subject }) => subject as CredentialId);
  const known = new Set<string>((await stores.credentials.findMany(ids)).map(({ id }) => id));
  const organizations = new Set((await stores.organizations.list()).map(({ id }) => id));
  const unknown = intended.filter(
    ({ subject, organizationId }) =>
      !known.has(subject) && organizations.has(organizationId as OrganizationId),
  );
  const lists = await findLists(stores, unknown);
  const burned = unknown.flatMap((record) => referenceOf(lists, record));
  if (burned.length === 0) return 0;
  await stores.status.insertEntries(burned);
  await stores.status.noteEnds(burned);
  const [first] = unknown;
  const holders = burned.map(({ holder }) => holder);
  if (first !== undefined) await stores.status.change(holders, { revokedAt: first.at });
  return burned.length;
}

type Lists = ReadonlyMap<string, StatusList>;

function keyOf(organizationId: string, number: unknown): string {
  return `${organizationId} ${String(number)}`;
}

/** The lists by number; those that were opened since are there again, with no index left to take. */
async function findLists(stores: ReplayStores, unknown: readonly ReplayedRecord[]): Promise<Lists> {
  const present = await stores.status.listLists();
  const lists = new Map(
    present.map((list) => [keyOf(list.organizationId, list.number), list] as const),
  );
  const largest = Math.max(0, ...present.map(({ size }) => size));
  for (const { organizationId, details, at } of unknown) {
    const { list: number } = details;
    const key = keyOf(organizationId, number);
    if (typeof number !== 'number' || lists.has(key)) continue;
    const opened = newStatusList({ organizationId: organizationId as OrganizationId, at }, number);
    const size = Math.max(opened.size, largest);
    const list = { ...opened, size, taken: size };
    await stores.status.insertList(list);
    lists.set(key, list);
  }
  return lists;
}

function referenceOf(lists: Lists, record: ReplayedRecord): readonly Burned[] {
  const { list: number, index } = record.details;
  const list = lists.get(keyOf(record.organizationId, number));
  if (list === undefined || typeof index !== 'number') return [];
  const validUntil = new Date(record.at.getTime() + longestValidityMs);
  return [{ listId: list.id, listNumber: list.number, index, holder: record.subject, validUntil }];
}
