import type { Organization } from '../organizations/organization.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import { newStatusList } from '../status/reserve-index.ts';
import { draftIssuer } from './issuer-keys.ts';
import type { ReplayStores } from './replay-effects.ts';
import type { ReplayDeps, ReplayOrder } from './replay-records.ts';

/**
 * The end of a restore, in the transaction of its last part: indices come from new lists only, under
 * numbers that nobody has seen, every issuer has a key to sign with, and the trail tells of it.
 */
export async function settleRestored(
  deps: ReplayDeps,
  stores: ReplayStores,
  order: ReplayOrder,
): Promise<void> {
  for (const organization of await stores.organizations.list()) {
    await openNextList(stores, organization, { at: deps.clock.now(), ...order });
    await giveKey(deps, stores, organization);
    await stores.audit.append([
      {
        organizationId: organization.id,
        actor: { kind: 'system', id: 'restore' },
        action: 'registry.restored',
        subject: organization.id,
        reason: 'the registry was restored from an older state',
        details: {
          restoredAt: order.head.sequence,
          restoredHash: order.head.hash,
          replayed: order.records.length,
        },
      },
    ]);
  }
}

async function openNextList(
  stores: ReplayStores,
  { id: organizationId }: Organization,
  { at, listsSkipped }: Pick<ReplayOrder, 'listsSkipped'> & { readonly at: Date },
): Promise<void> {
  const lists = (await stores.status.listLists()).filter(
    (list) => list.organizationId === organizationId,
  );
  const newest = Math.max(0, ...lists.map(({ number }) => number));
  const number = newest + 1 + listsSkipped;
  await stores.status.insertList(newStatusList({ organizationId, at }, number));
}

/** The active key, the one that was prepared, or a new one. */
async function giveKey(
  deps: ReplayDeps,
  stores: ReplayStores,
  organization: Organization,
): Promise<void> {
  const { id: organizationId, did } = organization;
  const at = deps.clock.now();
  const keys = await stores.keys.lockByDid(did);
  if (!keys.some(({ state }) => state === 'active')) {
    const prepared = keys.find(({ state }) => state === 'published');
    const order = { organizationId, did, purpose: 'credential', state: 'published', at } as const;
    const next = prepared ?? (await deps.identities.createKey(stores, order));
    await stores.keys.change(next.id, { state: 'active', stateSince: at, activatesAt: null });
  }
  const present = await stores.keys.listByDids([did]);
  await publishDocuments(stores, { drafts: draftIssuer(organization, present), at });
}
