import type { AuditEvent } from '../audit/audit-event.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { NewWebhook, WebhookDeps } from './create-webhook.ts';
import { newDelivery } from './delivery.ts';
import {
  checkEndpoint,
  lockSubscription,
  type SubscriptionRef,
  type SubscriptionStores,
} from './find-subscription.ts';
import type { Subscription, SubscriptionChange } from './subscription.ts';
import { sealSecret } from './subscription-secret.ts';
import type { ToldAction } from './told-action.ts';
import { mintWebhookSecret, testBodyOf } from './webhook-message.ts';

/** How long messages are signed with the former secret, too. */
const overlapMs = 24 * 3_600_000;

/** What changes about a webhook; what is left out stays. */
export interface UpdateWebhookInput extends SubscriptionRef {
  readonly url?: string;
  readonly description?: string | null;
  readonly events?: readonly ToldAction[];
  /** `enabled` has everything told that happened while it was not. */
  readonly state?: Subscription['state'];
}

/** Changes a webhook. */
export async function updateWebhook(
  deps: WebhookDeps,
  { url, description, events, state, ...ref }: UpdateWebhookInput,
): Promise<Subscription> {
  if (url !== undefined) await checkEndpoint(deps.post, url, '/url');
  return deps.work.run((stores) => {
    const change: SubscriptionChange = {
      ...(url === undefined ? {} : { url }),
      ...(description === undefined ? {} : { description }),
      ...(events === undefined ? {} : { events }),
      ...(state === undefined ? {} : { state, stateReason: null, failingSince: null }),
    };
    const details = {
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events }),
      ...(state === undefined ? {} : { state }),
    };
    return apply(stores, { deps, ref, change, action: 'webhook.updated', details });
  });
}

/** Gives a webhook a new secret; for a day its messages carry a signature by the former one, too. */
export async function rotateWebhookSecret(
  deps: WebhookDeps,
  ref: SubscriptionRef,
): Promise<NewWebhook> {
  const secret = mintWebhookSecret();
  const webhook = await deps.work.run(async (stores) => {
    const found = await lockSubscription(stores, 'webhook', ref);
    const change: SubscriptionChange = {
      secret: sealSecret(deps.seal, found, secret),
      formerSecret: found.secret,
      formerSecretUntil: new Date(deps.clock.now().getTime() + overlapMs),
    };
    return apply(stores, { deps, ref, change, action: 'webhook.secret-rotated', details: {} });
  });
  return { webhook, secret };
}

/** Ends a webhook; what it was not told yet it never is. */
export async function removeWebhook(deps: WebhookDeps, ref: SubscriptionRef): Promise<void> {
  await deps.work.run(async (stores) => {
    await lockSubscription(stores, 'webhook', ref);
    await stores.audit.append([eventOf(ref, 'webhook.removed')]);
    await stores.subscriptions.remove(ref.id);
  });
}

/** Sends a message of the type `webhook.test`, and returns its id. */
export async function testWebhook(deps: WebhookDeps, ref: SubscriptionRef): Promise<string> {
  return deps.work.run(async (stores) => {
    const found = await lockSubscription(stores, 'webhook', ref);
    refuseStopped(found);
    const at = deps.clock.now();
    const id = newId('evt', at);
    const body = testBodyOf({ id, at, organizationId: ref.organizationId, subject: ref.id });
    await stores.audit.append([eventOf(ref, 'webhook.tested')]);
    const message = { id, type: 'webhook.test', body, at };
    await stores.deliveries.insertAll([newDelivery(found.id, message)]);
    return id;
  });
}

/** Sends a message that has ended once more, under the same id. Throws `delivery-not-found`. */
export async function redeliver(
  deps: WebhookDeps,
  { delivery, ...ref }: SubscriptionRef & { readonly delivery: string },
): Promise<void> {
  await deps.work.run(async (stores) => {
    refuseStopped(await lockSubscription(stores, 'webhook', ref));
    const isMade = await stores.deliveries.renew(ref.id, delivery, deps.clock.now());
    if (!isMade) {
      throw new SealwrightError(
        'delivery-not-found',
        'There is no such delivery, or it is under way.',
      );
    }
    await stores.audit.append([{ ...eventOf(ref, 'webhook.redelivered'), details: { delivery } }]);
  });
}

function refuseStopped({ state }: Subscription): void {
  if (state === 'enabled') return;
  throw new SealwrightError('webhook-wrong-state', `The webhook is ${state}.`);
}

async function apply(
  stores: SubscriptionStores,
  order: {
    readonly deps: WebhookDeps;
    readonly ref: SubscriptionRef;
    readonly change: SubscriptionChange;
    readonly action: AuditEvent['action'];
    readonly details: AuditEvent['details'];
  },
): Promise<Subscription> {
  const { deps, ref, action, details } = order;
  const found = await lockSubscription(stores, 'webhook', ref);
  const change = { ...order.change, updatedAt: deps.clock.now() };
  await stores.subscriptions.change(ref.id, change);
  await stores.audit.append([{ ...eventOf(ref, action), details }]);
  return { ...found, ...change };
}

function eventOf(ref: SubscriptionRef, action: AuditEvent['action']): AuditEvent {
  const { organizationId, actor, id: subject } = ref;
  return { organizationId, actor, action, subject, reason: null, details: {} };
}
