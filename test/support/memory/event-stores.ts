import type { AuditRecord } from '../../../src/audit/audit-event.ts';
import type { Delivery, DeliveryOutcome } from '../../../src/events/delivery.ts';
import {
  type DeliveryReader,
  type DeliveryStore,
  documentPatienceMs,
} from '../../../src/events/delivery-store.ts';
import type { Outbox } from '../../../src/events/outbox.ts';
import type {
  Subscription,
  SubscriptionChange,
  SubscriptionId,
  SubscriptionKind,
  SubscriptionTally,
} from '../../../src/events/subscription.ts';
import type {
  SubscriptionPlace,
  SubscriptionReader,
  SubscriptionStore,
} from '../../../src/events/subscription-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, type StateSource } from './memory-state.ts';

/** A delivery with its lease. */
export interface LeasedDelivery {
  readonly delivery: Delivery;
  readonly leasedUntil: Date | null;
}

export class MemorySubscriptionReader implements SubscriptionReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async list(
    organizationId: OrganizationId,
    kind: SubscriptionKind,
  ): Promise<readonly Subscription[]> {
    return [...this.state().subscriptions.values()]
      .filter((one) => one.organizationId === organizationId && one.kind === kind)
      .sort(byId);
  }

  async find(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null> {
    const found = this.state().subscriptions.get(id);
    return found?.organizationId === organizationId ? found : null;
  }

  async get(id: SubscriptionId): Promise<Subscription | null> {
    return this.state().subscriptions.get(id) ?? null;
  }

  async listBehind(mostPending: number): Promise<readonly SubscriptionPlace[]> {
    const { subscriptions, deliveries, audit } = this.state();
    const isBehind = ({ organizationId, cursor }: Subscription) =>
      audit.some(
        ({ record }) => record.organizationId === organizationId && record.sequence > cursor,
      );
    const pending = (id: SubscriptionId) =>
      [...deliveries.values()].filter(
        ({ delivery }) => delivery.subscriptionId === id && delivery.state === 'pending',
      ).length;
    return [...subscriptions.values()]
      .filter((one) => one.state === 'enabled' && isBehind(one) && pending(one.id) < mostPending)
      .sort(byId)
      .map(({ id, organizationId }) => ({ id, organizationId }));
  }

  async tally(): Promise<readonly SubscriptionTally[]> {
    const { subscriptions, deliveries } = this.state();
    const tallies = new Map<string, SubscriptionTally>();
    for (const { id, kind, url, state } of subscriptions.values()) {
      const way = kind === 'webhook' ? kind : url === null ? 'poll' : 'push';
      const key = `${way} ${state}`;
      const { subscriptions: count, waiting } = tallies.get(key) ?? noneOf;
      const pending = [...deliveries.values()].filter(
        ({ delivery }) => delivery.subscriptionId === id && delivery.state === 'pending',
      );
      const counted = { subscriptions: count + 1, waiting: waiting + pending.length };
      tallies.set(key, { way, state, ...counted });
    }
    return [...tallies].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, tally]) => tally);
  }
}

const noneOf = { subscriptions: 0, waiting: 0 };

export class MemorySubscriptionStore extends MemorySubscriptionReader implements SubscriptionStore {
  async insert(subscription: Subscription): Promise<void> {
    this.state().subscriptions.set(subscription.id, subscription);
  }

  lock(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null> {
    return this.find(organizationId, id);
  }

  async seize(id: SubscriptionId): Promise<Subscription | null> {
    return this.get(id);
  }

  async change(id: SubscriptionId, change: SubscriptionChange): Promise<void> {
    const found = this.state().subscriptions.get(id);
    if (found !== undefined) this.state().subscriptions.set(id, { ...found, ...change });
  }

  async remove(id: SubscriptionId): Promise<void> {
    const { subscriptions, deliveries } = this.state();
    subscriptions.delete(id);
    for (const [key, { delivery }] of deliveries) {
      if (delivery.subscriptionId === id) deliveries.delete(key);
    }
  }
}

export class MemoryDeliveryReader implements DeliveryReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async list(id: SubscriptionId, page: PageRequest): Promise<readonly Delivery[]> {
    const all = this.of(id).sort(newestFirst);
    const last = all.findIndex((one) => one.id === page.after);
    return all.slice(last + 1, last + 1 + page.limit);
  }

  async find(id: SubscriptionId, deliveryId: string): Promise<Delivery | null> {
    return this.of(id).find((one) => one.id === deliveryId) ?? null;
  }

  async countPending(id: SubscriptionId): Promise<number> {
    return this.of(id).filter(({ state }) => state === 'pending').length;
  }

  async listDue(at: Date): Promise<readonly SubscriptionId[]> {
    const { subscriptions } = this.state();
    return [...subscriptions.values()]
      .filter(({ id }) => this.of(id).some((one) => this.isReady(one, at) && this.isFree(one, at)))
      .sort(byId)
      .map(({ id }) => id);
  }

  async listReady(id: SubscriptionId, at: Date, limit: number): Promise<readonly Delivery[]> {
    return this.of(id)
      .filter((one) => this.isReady(one, at))
      .slice(0, limit);
  }

  /** In the order of the trail. */
  protected of(id: SubscriptionId): Delivery[] {
    return [...this.state().deliveries.values()]
      .map(({ delivery }) => delivery)
      .filter((one) => one.subscriptionId === id)
      .sort((one, other) => one.sequence - other.sequence || byId(one, other));
  }

  protected isReady({ state, dueAt, hold, createdAt }: Delivery, at: Date): boolean {
    const { lists, agents } = this.state();
    const isListed = hold.lists.every(
      ({ id, revision }) => (lists.get(id)?.publishedRevision ?? revision) >= revision,
    );
    const agent = hold.agent === null ? undefined : agents.get(hold.agent.id);
    const isShown =
      agent === undefined ||
      agent.publishedRevision >= (hold.agent?.revision ?? 0) ||
      createdAt.getTime() <= at.getTime() - documentPatienceMs;
    return state === 'pending' && dueAt <= at && isListed && isShown;
  }

  protected isFree(one: Delivery, at: Date): boolean {
    const { subscriptions, deliveries } = this.state();
    const subscription = subscriptions.get(one.subscriptionId);
    const leasedUntil = deliveries.get(keyOf(one))?.leasedUntil ?? null;
    return (
      (leasedUntil === null || leasedUntil <= at) &&
      (subscription?.state === 'enabled' || one.isControl) &&
      subscription?.url !== null
    );
  }
}

export class MemoryDeliveryStore extends MemoryDeliveryReader implements DeliveryStore {
  async insertAll(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      if (!this.state().deliveries.has(keyOf(delivery))) this.#set(delivery, null);
    }
  }

  async lease(
    id: SubscriptionId,
    lease: { readonly at: Date; readonly until: Date; readonly limit: number },
  ): Promise<readonly Delivery[]> {
    const leased = this.of(id)
      .filter((one) => this.isReady(one, lease.at) && this.isFree(one, lease.at))
      .slice(0, lease.limit);
    for (const one of leased) this.#set(one, lease.until);
    return leased;
  }

  async record(id: SubscriptionId, outcomes: readonly DeliveryOutcome[]): Promise<void> {
    for (const outcome of outcomes) {
      const found = await this.find(id, outcome.id);
      if (found?.state === 'pending') this.#set({ ...found, ...outcome }, null);
    }
  }

  async renew(id: SubscriptionId, deliveryId: string, at: Date): Promise<boolean> {
    const found = await this.find(id, deliveryId);
    if (found === null || found.state === 'pending') return false;
    this.#set({ ...found, state: 'pending', attempts: 0, dueAt: at, endedAt: null }, null);
    return true;
  }

  async dropPending(id: SubscriptionId): Promise<number> {
    const pending = this.of(id).filter(({ state, isControl }) => state === 'pending' && !isControl);
    for (const one of pending) this.state().deliveries.delete(keyOf(one));
    return pending.length;
  }

  async forgetEnded(before: Date, limit: number): Promise<number> {
    const ended = [...this.state().deliveries.values()]
      .map(({ delivery }) => delivery)
      .filter(({ state, endedAt }) => state !== 'pending' && endedAt !== null && endedAt < before)
      .sort((one, other) => Number(one.endedAt) - Number(other.endedAt))
      .slice(0, limit);
    for (const one of ended) this.state().deliveries.delete(keyOf(one));
    return ended.length;
  }

  #set(delivery: Delivery, leasedUntil: Date | null): void {
    this.state().deliveries.set(keyOf(delivery), { delivery, leasedUntil });
  }
}

export class MemoryOutbox implements Outbox {
  readonly #state: StateSource;

  constructor(state: StateSource) {
    this.#state = state;
  }

  async head(): Promise<number> {
    return this.#state().audit.at(-1)?.record.sequence ?? 0;
  }

  async readAfter(
    organizationId: OrganizationId,
    sequence: number,
    limit: number,
  ): Promise<readonly AuditRecord[]> {
    return this.#state()
      .audit.map(({ record }) => record)
      .filter((one) => one.organizationId === organizationId && one.sequence > sequence)
      .slice(0, limit);
  }
}

function keyOf({ subscriptionId, id }: Delivery): string {
  return `${subscriptionId} ${id}`;
}

function newestFirst(one: Delivery, other: Delivery): number {
  return other.createdAt.getTime() - one.createdAt.getTime() || -byId(one, other);
}
