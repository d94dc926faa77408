import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';

/** A subscription by its id: `whk_…` for a webhook, `str_…` for a stream. */
export type SubscriptionId = Brand<'SubscriptionId'>;

/** How somebody is told: by our own signed messages, or by the OpenID Shared Signals Framework. */
export type SubscriptionKind = 'webhook' | 'stream';

/**
 * `paused` holds back what happens and tells it later; `disabled` tells nothing, and of a stream also
 * not later (SSF §8.1.2).
 */
export type SubscriptionState = 'enabled' | 'paused' | 'disabled';

/** Somebody who is told what happens in an organization. */
export interface Subscription {
  readonly id: SubscriptionId;
  readonly organizationId: OrganizationId;
  readonly kind: SubscriptionKind;
  /** The token that made a stream, which alone sees it beside administrators; null for a webhook. */
  readonly tokenId: string | null;
  readonly description: string | null;
  /** Where messages are sent; null for a stream that is polled. */
  readonly url: string | null;
  /** The `aud` of a stream's tokens; null for a webhook. */
  readonly audience: string | null;
  /** What is told: types of a webhook's messages, event URIs of a stream; empty means all. */
  readonly events: readonly string[];
  /** A webhook's secret, or a stream's Authorization header, sealed; null for a stream without one. */
  readonly secret: Uint8Array | null;
  /** The secret before the last rotation, still signed with until `formerSecretUntil`. */
  readonly formerSecret: Uint8Array | null;
  readonly formerSecretUntil: Date | null;
  readonly state: SubscriptionState;
  /** Why it is not enabled, for people. */
  readonly stateReason: string | null;
  /** Since when no message got through; null after one that did. */
  readonly failingSince: Date | null;
  /** When a verification was last asked for. */
  readonly verifiedAt: Date | null;
  /** The sequence of the audit trail that it was told through. */
  readonly cursor: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Webhooks, and streams by who connects: we push, or the receiver polls. */
export type SubscriptionWay = 'webhook' | 'push' | 'poll';

/** How many subscriptions of a way are in a state, and how many deliveries they have not taken yet. */
export interface SubscriptionTally {
  readonly way: SubscriptionWay;
  readonly state: SubscriptionState;
  readonly subscriptions: number;
  readonly waiting: number;
}

/** What may change about a subscription. What is left out stays as it is. */
export type SubscriptionChange = Partial<
  Omit<Subscription, 'id' | 'organizationId' | 'kind' | 'tokenId' | 'audience' | 'createdAt'>
>;
