import type { AgentId } from '../agents/agent.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { SubscriptionId } from './subscription.ts';

/**
 * `pending` is to be made, `delivered` was taken by the receiver, `failed` is given up: refused by the
 * receiver for good, or out of attempts.
 */
export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** What public documents must show before a message about it may be sent. */
export interface Hold {
  /** Status lists by the revision that must be published. */
  readonly lists: readonly { readonly id: StatusListId; readonly revision: number }[];
  /** The agent whose documents must show this revision of its papers; waited for a while only. */
  readonly agent: { readonly id: AgentId; readonly revision: number } | null;
}

/** One message to one subscription. It may be sent more than once, always under the same id. */
export interface Delivery {
  readonly subscriptionId: SubscriptionId;
  /** Unique in its subscription, and the same whenever it is made of the same event. */
  readonly id: string;
  /** Of the audit record it tells of; 0 for one that tells of none. */
  readonly sequence: number;
  readonly type: string;
  /** The exact text of a webhook's message, or the claims that a stream's token signs. */
  readonly body: string;
  readonly hold: Hold;
  /** Sent whatever the state of the subscription, because it tells of that state. */
  readonly isControl: boolean;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** How the last attempt ended, in our own words. */
  readonly outcome: string | null;
  readonly dueAt: Date;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
}

/** How an attempt, or the last of them, ended. */
export interface DeliveryOutcome {
  readonly id: string;
  readonly state: DeliveryState;
  readonly outcome: string;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly endedAt: Date | null;
}

/** Nothing has to be shown first. */
export const noHold: Hold = { lists: [], agent: null };

/** A delivery that is due at once and tells of no record. */
export function newDelivery(
  subscriptionId: SubscriptionId,
  message: {
    readonly id: string;
    readonly type: string;
    readonly body: string;
    readonly at: Date;
    readonly isControl?: boolean;
  },
): Delivery {
  const { id, type, body, at, isControl = false } = message;
  return {
    ...{ subscriptionId, id, type, body, isControl },
    ...{ sequence: 0, hold: noHold, state: 'pending', attempts: 0, outcome: null },
    ...{ dueAt: at, endedAt: null, createdAt: at },
  };
}
