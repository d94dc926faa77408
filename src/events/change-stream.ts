import type { AuditEvent } from '../audit/audit-event.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import {
  checkDelivery,
  deliveryMembers,
  type StreamDelivery,
  type StreamDeps,
} from './create-stream.ts';
import { newDelivery } from './delivery.ts';
import {
  findSubscription,
  lockSubscription,
  type SubscriptionRef,
  type SubscriptionStores,
} from './find-subscription.ts';
import { mostPending } from './look-out.ts';
import { streamEventOf, streamEventTypes } from './security-event.ts';
import type { Subscription, SubscriptionChange, SubscriptionState } from './subscription.ts';
import type { SubscriptionReader } from './subscription-store.ts';

/** The least time between two verifications, in seconds (SSF §8.1.1, `min_verification_interval`). */
export const minVerificationIntervalS = 10;

/** What changes about a stream; what is left out stays. */
export interface UpdateStreamInput extends SubscriptionRef {
  readonly delivery?: StreamDelivery;
  readonly description?: string | null;
  readonly events?: readonly string[];
}

/** Changes the configuration of a stream (SSF §8.1.1.3 and §8.1.1.4). */
export async function updateStream(
  deps: StreamDeps,
  { delivery, description, events, ...ref }: UpdateStreamInput,
): Promise<Subscription> {
  if (delivery !== undefined) await checkDelivery(deps, delivery);
  return deps.work.run(async (stores) => {
    const found = await lockSubscription(stores, 'stream', ref);
    const change: SubscriptionChange = {
      ...(delivery === undefined ? {} : deliveryMembers(deps.seal, found, delivery)),
      ...(description === undefined ? {} : { description }),
      ...(events === undefined ? {} : { events }),
      updatedAt: deps.clock.now(),
    };
    const changed = { ...found, ...change };
    await stores.subscriptions.change(found.id, change);
    const details = { url: changed.url, events: changed.events };
    await stores.audit.append([eventOf(ref, 'stream.updated', details)]);
    return changed;
  });
}

/**
 * Changes the status of a stream at its receiver's word (SSF §8.1.2.2). What happens while it is paused
 * is told once it is enabled again; what happens while it is disabled never is.
 */
export async function changeStreamStatus(
  deps: StreamDeps,
  {
    state,
    reason,
    ...ref
  }: SubscriptionRef & { readonly state: SubscriptionState; readonly reason: string | null },
): Promise<Subscription> {
  return deps.work.run(async (stores) => {
    const found = await lockSubscription(stores, 'stream', ref);
    await stores.audit.append([eventOf(ref, 'stream.updated', { status: state }, reason)]);
    if (state === 'disabled') await stores.deliveries.dropPending(found.id);
    const isBack = state === 'enabled' && found.state === 'disabled';
    const change: SubscriptionChange = {
      ...{ state, stateReason: reason, updatedAt: deps.clock.now() },
      ...(state === 'enabled' ? { failingSince: null } : {}),
      ...(isBack ? { cursor: await stores.outbox.head() } : {}),
    };
    await stores.subscriptions.change(found.id, change);
    return { ...found, ...change };
  });
}

/** Deletes a stream with all that it was not given yet (SSF §8.1.1.5). */
export async function removeStream(deps: StreamDeps, ref: SubscriptionRef): Promise<void> {
  await deps.work.run(async (stores) => {
    await lockSubscription(stores, 'stream', ref);
    await stores.audit.append([eventOf(ref, 'stream.removed', {})]);
    await stores.subscriptions.remove(ref.id);
  });
}

/** What asking for a verification needs. */
export interface VerifyStreamDeps extends StreamDeps {
  readonly subscriptions: SubscriptionReader;
  readonly organizations: OrganizationReader;
}

/**
 * Has a verification event delivered over the stream (SSF §8.1.4.2), with the receiver's `state`.
 * Throws `verification-too-soon` within the least interval, and while too much waits to be taken.
 */
export async function verifyStream(
  deps: VerifyStreamDeps,
  { state, ...ref }: SubscriptionRef & { readonly state: string | null },
): Promise<void> {
  const { organizationId } = await findSubscription(deps, 'stream', ref);
  const organization = await deps.organizations.find(organizationId);
  if (organization === null) throw new TypeError('A stream is of no organization.');
  await deps.work.run(async (stores) => {
    const stream = await lockSubscription(stores, 'stream', ref);
    const at = deps.clock.now();
    refuseHaste(stream, at);
    await refuseUnread(stores, stream);
    const { id, type, claims } = streamEventOf(stream, {
      id: newId('vrf', at),
      iss: organization.baseUrl,
      type: streamEventTypes.verification,
      members: state === null ? {} : { state },
      at,
    });
    const message = { id, type, body: JSON.stringify(claims), at };
    await stores.deliveries.insertAll([newDelivery(stream.id, message)]);
    await stores.subscriptions.change(stream.id, { verifiedAt: at });
    await stores.audit.append([eventOf(ref, 'stream.verified', {})]);
  });
}

function refuseHaste({ verifiedAt }: Subscription, at: Date): void {
  const sinceMs = verifiedAt === null ? null : at.getTime() - verifiedAt.getTime();
  // A clock that stepped back is no reason to refuse for longer.
  if (sinceMs === null || sinceMs < 0 || sinceMs >= minVerificationIntervalS * 1_000) return;
  throw new SealwrightError(
    'verification-too-soon',
    `A stream is verified at most every ${minVerificationIntervalS} seconds.`,
  );
}

/** A stream that nobody reads does not grow without end. */
async function refuseUnread(
  { deliveries }: Pick<SubscriptionStores, 'deliveries'>,
  { id }: Subscription,
): Promise<void> {
  if ((await deliveries.countPending(id)) < mostPending) return;
  throw new SealwrightError(
    'verification-too-soon',
    `There are ${mostPending} events that the receiver has not taken yet.`,
  );
}

function eventOf(
  ref: SubscriptionRef,
  action: AuditEvent['action'],
  details: AuditEvent['details'],
  reason: string | null = null,
): AuditEvent {
  const { organizationId, actor, id: subject } = ref;
  return { organizationId, actor, action, subject, reason, details };
}
