import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { type ErrorCode, SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { PostToEndpoint } from './endpoint.ts';
import type { Outbox } from './outbox.ts';
import type { Subscription, SubscriptionId, SubscriptionKind } from './subscription.ts';
import type { SubscriptionReader, SubscriptionStore } from './subscription-store.ts';

/** The stores that changes of subscriptions write to. */
export interface SubscriptionStores {
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: DeliveryStore;
  readonly outbox: Outbox;
  readonly audit: AuditTrail;
}

/** Who asks about which subscription. */
export interface SubscriptionRef {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  readonly id: SubscriptionId;
  /** Of streams: only those that this token made. Absent, all of the organization. */
  readonly ownedBy?: string | undefined;
}

const unknown: Readonly<Record<SubscriptionKind, readonly [code: ErrorCode, detail: string]>> = {
  webhook: ['webhook-not-found', 'There is no such webhook.'],
  stream: ['stream-not-found', 'There is no such stream.'],
};

/** Subscriptions of one kind that an organization may have. */
const most = 100;

/** The subscription as its caller may see it; throws `webhook-not-found` or `stream-not-found`. */
export async function findSubscription(
  readers: { readonly subscriptions: Pick<SubscriptionReader, 'find'> },
  kind: SubscriptionKind,
  ref: SubscriptionRef,
): Promise<Subscription> {
  return visible(await readers.subscriptions.find(ref.organizationId, ref.id), kind, ref);
}

/** The same, held until the transaction ends. */
export async function lockSubscription(
  stores: { readonly subscriptions: SubscriptionStore },
  kind: SubscriptionKind,
  ref: SubscriptionRef,
): Promise<Subscription> {
  return visible(await stores.subscriptions.lock(ref.organizationId, ref.id), kind, ref);
}

function visible(
  found: Subscription | null,
  kind: SubscriptionKind,
  { ownedBy }: SubscriptionRef,
): Subscription {
  const isOwn = ownedBy === undefined || found?.tokenId === ownedBy;
  if (found?.kind === kind && isOwn) return found;
  throw new SealwrightError(...unknown[kind]);
}

/** Refuses one more than an organization may have: throws `too-many-subscriptions`. */
export async function refuseExcess(
  stores: { readonly subscriptions: SubscriptionReader },
  organizationId: OrganizationId,
  kind: SubscriptionKind,
): Promise<void> {
  const held = await stores.subscriptions.list(organizationId, kind);
  if (held.length < most) return;
  throw new SealwrightError('too-many-subscriptions', `There are ${most} of them already.`);
}

/** Refuses a URL that nothing would be sent to: throws `invalid-input` that names its place. */
export async function checkEndpoint(
  post: Pick<PostToEndpoint, 'judge'>,
  url: string,
  pointer: string,
): Promise<void> {
  const refusal = url.length > longestUrl ? 'is too long' : await post.judge(url);
  if (refusal === null) return;
  throw new SealwrightError('invalid-input', 'Nothing can be sent to this URL.', {
    faults: [{ pointer, detail: refusal }],
  });
}

const longestUrl = 2_000;
