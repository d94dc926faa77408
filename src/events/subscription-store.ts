import type { OrganizationId } from '../organizations/organization.ts';
import type {
  Subscription,
  SubscriptionChange,
  SubscriptionId,
  SubscriptionKind,
  SubscriptionTally,
} from './subscription.ts';

/** A subscription, and whose it is. */
export type SubscriptionPlace = Pick<Subscription, 'id' | 'organizationId'>;

/** Reads subscriptions. */
export interface SubscriptionReader {
  /** Those of one kind of an organization, oldest first. */
  list(organizationId: OrganizationId, kind: SubscriptionKind): Promise<readonly Subscription[]>;
  find(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null>;
  /** One of any organization, for those who tell; null when there is none. */
  get(id: SubscriptionId): Promise<Subscription | null>;
  /**
   * Enabled ones of all organizations in whose organization something was recorded beyond their
   * cursor, and that have fewer than `mostPending` deliveries to be made.
   */
  listBehind(mostPending: number): Promise<readonly SubscriptionPlace[]>;
  /** Of all organizations together, by way and state. It counts what waits: at most some 2,000 each. */
  tally(): Promise<readonly SubscriptionTally[]>;
}

/** Writes subscriptions, inside a unit of work. */
export interface SubscriptionStore extends SubscriptionReader {
  insert(subscription: Subscription): Promise<void>;
  /** The subscription, which nobody else changes until the transaction ends; null when there is none. */
  lock(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null>;
  /** The same for any organization, but null at once when another transaction holds it. */
  seize(id: SubscriptionId): Promise<Subscription | null>;
  change(id: SubscriptionId, change: SubscriptionChange): Promise<void>;
  /** Its deliveries go with it. */
  remove(id: SubscriptionId): Promise<void>;
}
