import {
  changeStreamStatus,
  removeStream,
  type UpdateStreamInput,
  updateStream,
  type VerifyStreamDeps,
  verifyStream,
} from '../events/change-stream.ts';
import {
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
  testWebhook,
  type UpdateWebhookInput,
  updateWebhook,
} from '../events/change-webhook.ts';
import { type CreateStreamInput, createStream } from '../events/create-stream.ts';
import {
  type CreateWebhookInput,
  createWebhook,
  type NewWebhook,
  type WebhookDeps,
} from '../events/create-webhook.ts';
import type { Delivery } from '../events/delivery.ts';
import type { DeliveryReader } from '../events/delivery-store.ts';
import { type EventKeysDeps, rotateEventKey } from '../events/event-keys.ts';
import { findSubscription, type SubscriptionRef } from '../events/find-subscription.ts';
import {
  type PolledEvents,
  type PollStreamDeps,
  type PollStreamInput,
  pollStream,
} from '../events/poll-stream.ts';
import type { Subscription, SubscriptionState, SubscriptionTally } from '../events/subscription.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { Caller } from './registry.ts';

/** Webhooks, and streams of security events. */
export interface EventCases {
  createWebhook(input: CreateWebhookInput): Promise<NewWebhook>;
  listWebhooks(caller: Caller): Promise<readonly Subscription[]>;
  findWebhook(ref: SubscriptionRef): Promise<Subscription>;
  updateWebhook(input: UpdateWebhookInput): Promise<Subscription>;
  rotateWebhookSecret(ref: SubscriptionRef): Promise<NewWebhook>;
  removeWebhook(ref: SubscriptionRef): Promise<void>;
  /** The id of the message that is sent. */
  testWebhook(ref: SubscriptionRef): Promise<string>;
  /** Newest first. */
  listDeliveries(ref: SubscriptionRef, page: PageRequest): Promise<readonly Delivery[]>;
  redeliver(input: SubscriptionRef & { readonly delivery: string }): Promise<void>;

  createStream(input: CreateStreamInput): Promise<Subscription>;
  /** Those that one token made, or all of the organization. */
  listStreams(input: Caller & Pick<SubscriptionRef, 'ownedBy'>): Promise<readonly Subscription[]>;
  findStream(ref: SubscriptionRef): Promise<Subscription>;
  updateStream(input: UpdateStreamInput): Promise<Subscription>;
  changeStreamStatus(
    input: SubscriptionRef & {
      readonly state: SubscriptionState;
      readonly reason: string | null;
    },
  ): Promise<Subscription>;
  removeStream(ref: SubscriptionRef): Promise<void>;
  verifyStream(input: SubscriptionRef & { readonly state: string | null }): Promise<void>;
  pollStream(input: PollStreamInput): Promise<PolledEvents>;
  rotateEventKey(caller: Caller): Promise<SigningKey>;

  /** Of all organizations together: for who runs the installation, not for a tenant. */
  tallySubscriptions(): Promise<readonly SubscriptionTally[]>;
}

/** The ports of these cases. */
export interface EventCasesDeps
  extends WebhookDeps,
    Omit<VerifyStreamDeps, 'work'>,
    Omit<PollStreamDeps, 'work'>,
    Omit<EventKeysDeps, 'work'> {
  readonly work: WebhookDeps['work'] & EventKeysDeps['work'] & PollStreamDeps['work'];
  readonly deliveries: DeliveryReader;
}

/** Binds the cases to their ports. What is to be sent goes out at once. */
export function bindEventCases(deps: EventCasesDeps): EventCases {
  const sending = async <Result>(done: Promise<Result>): Promise<Result> => {
    const result = await done;
    deps.pulse.beat();
    return result;
  };
  return {
    createWebhook: (input) => createWebhook(deps, input),
    listWebhooks: ({ organizationId }) => deps.subscriptions.list(organizationId, 'webhook'),
    findWebhook: (ref) => findSubscription(deps, 'webhook', ref),
    updateWebhook: (input) => sending(updateWebhook(deps, input)),
    rotateWebhookSecret: (ref) => rotateWebhookSecret(deps, ref),
    removeWebhook: (ref) => removeWebhook(deps, ref),
    testWebhook: (ref) => sending(testWebhook(deps, ref)),
    listDeliveries: async (ref, page) => {
      const { id } = await findSubscription(deps, 'webhook', ref);
      return deps.deliveries.list(id, page);
    },
    redeliver: (input) => sending(redeliver(deps, input)),
    createStream: (input) => createStream(deps, input),
    listStreams: async ({ organizationId, ownedBy }) => {
      const streams = await deps.subscriptions.list(organizationId, 'stream');
      return streams.filter(({ tokenId }) => ownedBy === undefined || tokenId === ownedBy);
    },
    findStream: (ref) => findSubscription(deps, 'stream', ref),
    updateStream: (input) => updateStream(deps, input),
    changeStreamStatus: (input) => sending(changeStreamStatus(deps, input)),
    removeStream: (ref) => removeStream(deps, ref),
    verifyStream: (input) => sending(verifyStream(deps, input)),
    pollStream: (input) => pollStream(deps, input),
    rotateEventKey: (caller) => rotateEventKey(deps, caller),
    tallySubscriptions: () => deps.subscriptions.tally(),
  };
}
