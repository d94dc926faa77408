import type { AgentId } from '../agents/agent.ts';
import type { Delivery, DeliveryOutcome, DeliveryState, Hold } from '../events/delivery.ts';
import {
  type DeliveryReader,
  type DeliveryStore,
  documentPatienceMs,
} from '../events/delivery-store.ts';
import type { SubscriptionId } from '../events/subscription.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { Connection } from './client.ts';
import { Prisma, type EventDelivery as Row } from './generated/client.ts';

/** Whether nothing holds a pending delivery `d` back at a moment. */
function isReady(at: Date): Prisma.Sql {
  const patience = new Date(at.getTime() - documentPatienceMs);
  return Prisma.sql`
    d.state = 'pending' AND d.due_at <= ${at}::timestamptz
    AND NOT EXISTS (SELECT FROM unnest(d.list_ids, d.list_revisions) AS held (id, revision)
          JOIN status_lists l ON l.id = held.id WHERE l.published_revision < held.revision)
    AND (d.agent_id IS NULL OR d.created_at <= ${patience}::timestamptz
         OR NOT EXISTS (SELECT FROM agents a
              WHERE a.id = d.agent_id AND a.published_revision < d.agent_revision))`;
}

/** Whether a ready delivery `d` of the subscription `s` may be sent by whoever asks. */
function isFree(at: Date): Prisma.Sql {
  return Prisma.sql`
    (d.leased_until IS NULL OR d.leased_until <= ${at}::timestamptz)
    AND (s.state = 'enabled' OR d.is_control) AND s.url IS NOT NULL`;
}

/** Messages to be sent, and for a while those that were. */
export class PostgresDeliveryReader implements DeliveryReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async list(id: SubscriptionId, page: PageRequest): Promise<readonly Delivery[]> {
    const last = page.after === undefined ? null : await this.find(id, page.after);
    const rows = await this.db.eventDelivery.findMany({
      where: { subscriptionId: id, ...(last === null ? {} : olderThan(last)) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: page.limit,
    });
    return rows.map(toDelivery);
  }

  async find(id: SubscriptionId, deliveryId: string): Promise<Delivery | null> {
    const key = { subscriptionId: id, id: deliveryId };
    const row = await this.db.eventDelivery.findUnique({ where: { subscriptionId_id: key } });
    return row === null ? null : toDelivery(row);
  }

  countPending(id: SubscriptionId): Promise<number> {
    return this.db.eventDelivery.count({ where: { subscriptionId: id, state: 'pending' } });
  }

  async listDue(at: Date): Promise<readonly SubscriptionId[]> {
    const rows = await this.db.$queryRaw<{ readonly id: SubscriptionId }[]>`
      SELECT s.id FROM event_subscriptions s
       WHERE EXISTS (SELECT FROM event_deliveries d
              WHERE d.subscription_id = s.id AND ${isReady(at)} AND ${isFree(at)})
       ORDER BY s.id`;
    return rows.map(({ id }) => id);
  }

  async listReady(id: SubscriptionId, at: Date, limit: number): Promise<readonly Delivery[]> {
    const ready = await this.db.$queryRaw<{ readonly id: string }[]>`
      SELECT d.id FROM event_deliveries d
       WHERE d.subscription_id = ${id} AND ${isReady(at)}
       ORDER BY d.sequence, d.id LIMIT ${limit}`;
    return this.read(id, ready);
  }

  protected async read(
    id: SubscriptionId,
    chosen: readonly { readonly id: string }[],
  ): Promise<readonly Delivery[]> {
    const rows = await this.db.eventDelivery.findMany({
      where: { subscriptionId: id, id: { in: chosen.map((one) => one.id) } },
      orderBy: [{ sequence: 'asc' }, { id: 'asc' }],
    });
    return rows.map(toDelivery);
  }
}

/** Leases by `FOR UPDATE SKIP LOCKED`, so that of two who ask each gets others. */
export class PostgresDeliveryStore extends PostgresDeliveryReader implements DeliveryStore {
  async insertAll(deliveries: readonly Delivery[]): Promise<void> {
    await this.db.eventDelivery.createMany({
      data: deliveries.map(({ hold, ...delivery }) => ({
        ...delivery,
        listIds: hold.lists.map(({ id }) => id),
        listRevisions: hold.lists.map(({ revision }) => revision),
        agentId: hold.agent?.id ?? null,
        agentRevision: hold.agent?.revision ?? 0,
      })),
      skipDuplicates: true,
    });
  }

  async lease(
    id: SubscriptionId,
    lease: { readonly at: Date; readonly until: Date; readonly limit: number },
  ): Promise<readonly Delivery[]> {
    // A subquery in the condition could be run once for each row, and lease more than asked for.
    const leased = await this.db.$queryRaw<{ readonly id: string }[]>`
      WITH chosen AS MATERIALIZED (
        SELECT d.id FROM event_deliveries d
          JOIN event_subscriptions s ON s.id = d.subscription_id
         WHERE d.subscription_id = ${id} AND ${isReady(lease.at)} AND ${isFree(lease.at)}
         ORDER BY d.sequence, d.id LIMIT ${lease.limit} FOR UPDATE OF d SKIP LOCKED)
      UPDATE event_deliveries AS d SET leased_until = ${lease.until}::timestamptz
        FROM chosen WHERE d.subscription_id = ${id} AND d.id = chosen.id
      RETURNING d.id`;
    return this.read(id, leased);
  }

  async record(id: SubscriptionId, outcomes: readonly DeliveryOutcome[]): Promise<void> {
    await this.db.$executeRaw`
      UPDATE event_deliveries AS d
         SET state = o.state, outcome = o.outcome, attempts = o.attempts, due_at = o.due_at,
             ended_at = o.ended_at, leased_until = NULL
        FROM unnest(
          ${outcomes.map((one) => one.id)}::text[],
          ${outcomes.map((one) => one.state)}::text[],
          ${outcomes.map((one) => one.outcome)}::text[],
          ${outcomes.map((one) => one.attempts)}::int[],
          ${outcomes.map((one) => one.dueAt)}::timestamptz[],
          ${outcomes.map((one) => one.endedAt)}::timestamptz[])
          AS o (id, state, outcome, attempts, due_at, ended_at)
       WHERE d.subscription_id = ${id} AND d.id = o.id AND d.state = 'pending'`;
  }

  async renew(id: SubscriptionId, deliveryId: string, at: Date): Promise<boolean> {
    const { count } = await this.db.eventDelivery.updateMany({
      where: { subscriptionId: id, id: deliveryId, state: { not: 'pending' } },
      data: { state: 'pending', attempts: 0, dueAt: at, endedAt: null, leasedUntil: null },
    });
    return count === 1;
  }

  async dropPending(id: SubscriptionId): Promise<number> {
    const where = { subscriptionId: id, state: 'pending', isControl: false };
    return (await this.db.eventDelivery.deleteMany({ where })).count;
  }

  forgetEnded(before: Date, limit: number): Promise<number> {
    return this.db.$executeRaw`
      WITH ended AS MATERIALIZED (
        SELECT subscription_id, id FROM event_deliveries
         WHERE state <> 'pending' AND ended_at < ${before}::timestamptz
         ORDER BY ended_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      DELETE FROM event_deliveries AS d USING ended
       WHERE d.subscription_id = ended.subscription_id AND d.id = ended.id`;
  }
}

function olderThan({ createdAt, id }: Delivery): Prisma.EventDeliveryWhereInput {
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

function toDelivery(row: Row): Delivery {
  const { listIds, listRevisions, agentId, agentRevision, leasedUntil: _lease, ...delivery } = row;
  return {
    ...delivery,
    subscriptionId: row.subscriptionId as SubscriptionId,
    sequence: Number(row.sequence),
    state: row.state as DeliveryState,
    hold: holdOf({ listIds, listRevisions, agentId, agentRevision }),
  };
}

function holdOf(row: Pick<Row, 'listIds' | 'listRevisions' | 'agentId' | 'agentRevision'>): Hold {
  const lists = row.listIds.map((id, at) => ({
    id: id as StatusListId,
    revision: row.listRevisions[at] ?? 0,
  }));
  const { agentId, agentRevision } = row;
  const agent = agentId === null ? null : { id: agentId as AgentId, revision: agentRevision };
  return { lists, agent };
}
