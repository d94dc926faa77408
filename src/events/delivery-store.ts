import type { PageRequest } from '../kernel/page.ts';
import type { Delivery, DeliveryOutcome } from './delivery.ts';
import type { SubscriptionId } from './subscription.ts';

/** How long documents of an agent are waited for before a message about it goes out all the same. */
export const documentPatienceMs = 30_000;

/** Reads deliveries. */
export interface DeliveryReader {
  /** Newest first; a cursor is the id of the last one seen. */
  list(id: SubscriptionId, page: PageRequest): Promise<readonly Delivery[]>;
  find(id: SubscriptionId, deliveryId: string): Promise<Delivery | null>;
  countPending(id: SubscriptionId): Promise<number>;
  /**
   * Subscriptions that something is to be sent to: there is a pending delivery that is due, held back
   * by nothing and that nobody has a lease on. Polled streams are not among them, and others only
   * while they are enabled, or for what tells of their state.
   */
  listDue(at: Date): Promise<readonly SubscriptionId[]>;
  /** What a polled stream may be given: pending and held back by nothing, oldest first. */
  listReady(id: SubscriptionId, at: Date, limit: number): Promise<readonly Delivery[]>;
}

/** Writes deliveries, inside a unit of work. */
export interface DeliveryStore extends DeliveryReader {
  /** One that is there already, by its id, is left as it is. */
  insertAll(deliveries: readonly Delivery[]): Promise<void>;
  /**
   * Up to `limit` deliveries that `listDue` goes by, oldest first; nobody else is given them until
   * `leaseUntil`.
   */
  lease(
    id: SubscriptionId,
    lease: { readonly at: Date; readonly until: Date; readonly limit: number },
  ): Promise<readonly Delivery[]>;
  /** Ends the leases, too. Of one that has ended meanwhile, the end stays. */
  record(id: SubscriptionId, outcomes: readonly DeliveryOutcome[]): Promise<void>;
  /** Makes an ended delivery due anew; false when there is none, or it has not ended. */
  renew(id: SubscriptionId, deliveryId: string, at: Date): Promise<boolean>;
  /** Removes what is pending, and returns how many that were. */
  dropPending(id: SubscriptionId): Promise<number>;
  /** Removes up to `limit` that ended before `before`, oldest first, and returns how many. */
  forgetEnded(before: Date, limit: number): Promise<number>;
}
