import { newId } from '../kernel/new-id.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { newDelivery } from './delivery.ts';
import type { DeliveryStore } from './delivery-store.ts';

import { streamEventOf, streamEventTypes } from './security-event.ts';
import type { Subscription, SubscriptionState } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

/** The stores that telling a stream of its state writes to. */
export interface TellStateStores {
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: DeliveryStore;
  readonly organizations: OrganizationReader;
}

/**
 * Has a stream told that we changed its state (SSF §8.1.5), in the transaction that does. It is sent
 * although the stream is stopped.
 */
export async function tellState(
  stores: TellStateStores,
  change: {
    readonly subscription: Subscription;
    readonly state: SubscriptionState;
    readonly stateReason: string;
    readonly at: Date;
  },
): Promise<void> {
  const { subscription, state, stateReason, at } = change;
  const organization = await stores.organizations.find(subscription.organizationId);
  if (organization === null) return;
  const { id, type, claims } = streamEventOf(subscription, {
    id: newId('upd', at),
    iss: organization.baseUrl,
    type: streamEventTypes.streamUpdated,
    members: { status: state, reason: stateReason },
    at,
  });
  const message = { id, type, body: JSON.stringify(claims), at, isControl: true };
  await stores.deliveries.insertAll([newDelivery(subscription.id, message)]);
}
