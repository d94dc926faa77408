import type {
  Subscription,
  SubscriptionChange,
  SubscriptionId,
  SubscriptionKind,
  SubscriptionState,
  SubscriptionTally,
} from '../events/subscription.ts';
import type {
  SubscriptionPlace,
  SubscriptionReader,
  SubscriptionStore,
} from '../events/subscription-store.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import type { EventSubscription as Row } from './generated/client.ts';

/** Webhooks and streams of security events. */
export class PostgresSubscriptionReader implements SubscriptionReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async list(
    organizationId: OrganizationId,
    kind: SubscriptionKind,
  ): Promise<readonly Subscription[]> {
    const rows = await this.db.eventSubscription.findMany({
      where: { organizationId, kind },
      orderBy: { id: 'asc' },
    });
    return rows.map(toSubscription);
  }

  async find(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null> {
    const row = await this.db.eventSubscription.findFirst({ where: { organizationId, id } });
    return row === null ? null : toSubscription(row);
  }

  async get(id: SubscriptionId): Promise<Subscription | null> {
    const row = await this.db.eventSubscription.findUnique({ where: { id } });
    return row === null ? null : toSubscription(row);
  }

  listBehind(mostPending: number): Promise<readonly SubscriptionPlace[]> {
    return this.db.$queryRaw<SubscriptionPlace[]>`
      SELECT s.id, s.organization_id AS "organizationId" FROM event_subscriptions s
       WHERE s.state = 'enabled'
         AND EXISTS (SELECT FROM audit_records r
              WHERE r.organization_id = s.organization_id AND r.sequence > s.cursor)
         AND (SELECT count(*) FROM (SELECT FROM event_deliveries d
              WHERE d.subscription_id = s.id AND d.state = 'pending' LIMIT ${mostPending}) AS p)
             < ${mostPending}
       ORDER BY s.id`;
  }

  async tally(): Promise<readonly SubscriptionTally[]> {
    return this.db.$queryRaw<SubscriptionTally[]>`
      SELECT way, state, count(*)::int AS subscriptions, sum(waiting)::int AS waiting
        FROM (
          SELECT CASE WHEN s.kind = 'webhook' THEN 'webhook'
                      WHEN s.url IS NULL THEN 'poll' ELSE 'push' END AS way,
                 s.state,
                 (SELECT count(*) FROM event_deliveries d
                   WHERE d.subscription_id = s.id AND d.state = 'pending') AS waiting
            FROM event_subscriptions s) AS subscription
       GROUP BY way, state ORDER BY way, state`;
  }
}

/** Locks rows; `seize` passes over one that another transaction holds. */
export class PostgresSubscriptionStore
  extends PostgresSubscriptionReader
  implements SubscriptionStore
{
  async insert(subscription: Subscription): Promise<void> {
    await this.db.eventSubscription.create({
      data: {
        ...subscription,
        events: [...subscription.events],
        secret: bytesOf(subscription.secret),
        formerSecret: bytesOf(subscription.formerSecret),
      },
      select: { id: true },
    });
  }

  async lock(organizationId: OrganizationId, id: SubscriptionId): Promise<Subscription | null> {
    await this.db.$queryRaw`
      SELECT id FROM event_subscriptions
       WHERE organization_id = ${organizationId} AND id = ${id} FOR UPDATE`;
    return this.find(organizationId, id);
  }

  async seize(id: SubscriptionId): Promise<Subscription | null> {
    const held = await this.db.$queryRaw<unknown[]>`
      SELECT id FROM event_subscriptions WHERE id = ${id} FOR UPDATE SKIP LOCKED`;
    if (held.length === 0) return null;
    return this.get(id);
  }

  async change(id: SubscriptionId, change: SubscriptionChange): Promise<void> {
    const { events, secret, formerSecret, ...rest } = change;
    await this.db.eventSubscription.updateMany({
      where: { id },
      data: {
        ...rest,
        ...(events === undefined ? {} : { events: [...events] }),
        ...(secret === undefined ? {} : { secret: bytesOf(secret) }),
        ...(formerSecret === undefined ? {} : { formerSecret: bytesOf(formerSecret) }),
      },
    });
  }

  async remove(id: SubscriptionId): Promise<void> {
    await this.db.eventSubscription.deleteMany({ where: { id } });
  }
}

function bytesOf(octets: Uint8Array | null): Uint8Array<ArrayBuffer> | null {
  return octets === null ? null : Uint8Array.from(octets);
}

function toSubscription(row: Row): Subscription {
  return {
    ...row,
    id: row.id as SubscriptionId,
    organizationId: row.organizationId as OrganizationId,
    kind: row.kind as SubscriptionKind,
    state: row.state as SubscriptionState,
    cursor: Number(row.cursor),
  };
}
