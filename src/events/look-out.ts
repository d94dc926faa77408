import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { type Delivery, newDelivery } from './delivery.ts';
import type { DeliveryStore } from './delivery-store.ts';
import { type EndStreamStores, endStream, hasLostToken } from './end-stream.ts';
import { type Happening, type HappeningReaders, readHappenings } from './happening.ts';
import type { Outbox } from './outbox.ts';
import { securityEventsOf } from './security-event.ts';
import type { Subscription, SubscriptionId } from './subscription.ts';
import type { SubscriptionReader, SubscriptionStore } from './subscription-store.ts';
import { webhookBodyOf } from './webhook-message.ts';

/** Records that one look turns into deliveries: what they name is in memory meanwhile. */
const recordsPerLook = 200;
/** Deliveries to be made beyond which a subscription waits: the trail keeps the rest. */
export const mostPending = 2_000;

/** The stores of one look, all in one transaction. */
export interface LookStores extends HappeningReaders, EndStreamStores {
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: DeliveryStore;
  readonly outbox: Outbox;
  readonly organizations: OrganizationReader;
}

/** What looking at the trail needs. */
export interface LookOutDeps {
  readonly work: UnitOfWork<LookStores>;
  readonly subscriptions: SubscriptionReader;
  readonly clock: Clock;
}

/** Subscriptions that may be told of something new, by organization. */
export async function findBehind({
  subscriptions,
}: Pick<LookOutDeps, 'subscriptions'>): Promise<
  ReadonlyMap<OrganizationId, readonly SubscriptionId[]>
> {
  const behind = new Map<OrganizationId, SubscriptionId[]>();
  for (const { id, organizationId } of await subscriptions.listBehind(mostPending)) {
    const ids = behind.get(organizationId);
    if (ids === undefined) behind.set(organizationId, [id]);
    else ids.push(id);
  }
  return behind;
}

/**
 * Turns new records of the trail into deliveries of a subscription, a batch of them, and moves its
 * cursor in the same transaction, so that each record is told once whatever happens. One that another
 * process looks after just now is left to it. A stream whose token is gone ends before it is told of
 * any. Resolves with how many records were seen.
 */
export function lookOut(deps: LookOutDeps, id: SubscriptionId): Promise<number> {
  return deps.work.run((stores) => look(stores, id, deps.clock.now()));
}

async function look(stores: LookStores, id: SubscriptionId, at: Date): Promise<number> {
  const subscription = await stores.subscriptions.seize(id);
  if (subscription?.state !== 'enabled') return 0;
  if (await hasLostToken(stores, subscription, at)) {
    await endStream(stores, subscription, at);
    return 0;
  }
  const { organizationId, cursor } = subscription;
  const records = await stores.outbox.readAfter(organizationId, cursor, recordsPerLook);
  const last = records.at(-1);
  const organization = await stores.organizations.find(organizationId);
  if (last === undefined || organization === null) return 0;
  const meant = records.filter(({ action }) => isMeant(subscription, action));
  const happenings = await readHappenings(stores, { organization, records: meant, at });
  await stores.deliveries.insertAll(
    happenings.flatMap((happening) => deliveriesOf(subscription, happening, at)),
  );
  await stores.subscriptions.change(id, { cursor: last.sequence });
  return records.length;
}

function deliveriesOf(
  subscription: Subscription,
  happening: Happening,
  at: Date,
): readonly Delivery[] {
  const { sequence } = happening.record;
  const { hold } = happening;
  return messagesOf(subscription, happening, at).map((message) => ({
    ...newDelivery(subscription.id, { ...message, at }),
    ...{ sequence, hold },
  }));
}

function messagesOf(subscription: Subscription, happening: Happening, at: Date) {
  if (subscription.kind === 'stream') {
    return securityEventsOf(subscription, happening, at).map(({ id, type, claims }) => {
      return { id, type, body: JSON.stringify(claims) };
    });
  }
  const { id, action: type } = happening.record;
  return [{ id, type, body: webhookBodyOf(happening) }];
}

/** Whether a webhook asked for it; which events of a stream it becomes is seen by the happening. */
function isMeant({ kind, events }: Subscription, action: string): boolean {
  return kind === 'stream' || events.length === 0 || events.includes(action);
}
