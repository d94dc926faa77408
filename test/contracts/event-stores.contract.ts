import { expect, it } from 'vitest';
import { type Delivery, noHold } from '../../src/events/delivery.ts';
import type { Subscription, SubscriptionId } from '../../src/events/subscription.ts';
import { acme, agentNamed, eventOn, listNumbered, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

function hookNamed(name: string, changes: Partial<Subscription> = {}): Subscription {
  return {
    id: `whk_${name}` as SubscriptionId,
    organizationId: acme.id,
    kind: 'webhook',
    tokenId: null,
    description: 'chat',
    url: 'https://hooks.example/a',
    audience: null,
    events: ['credential.revoked'],
    secret: Uint8Array.of(1, 0, 255),
    formerSecret: null,
    formerSecretUntil: null,
    state: 'enabled',
    stateReason: null,
    failingSince: null,
    verifiedAt: null,
    cursor: 0,
    createdAt: noon(),
    updatedAt: noon(),
    ...changes,
  };
}

function deliveryNamed(id: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    subscriptionId: 'whk_a' as SubscriptionId,
    id,
    sequence: 1,
    type: 'credential.revoked',
    body: '{"a":1}',
    hold: noHold,
    isControl: false,
    state: 'pending',
    attempts: 0,
    outcome: null,
    dueAt: noon(),
    endedAt: null,
    createdAt: noon(),
    ...changes,
  };
}

const ended = (id: string, changes: Partial<Delivery> = {}) => {
  const outcome = { id, state: 'delivered', outcome: '204', attempts: 1 } as const;
  return { ...outcome, dueAt: noon(1), endedAt: noon(1), ...changes, ...{ outcome: '204' } };
};

export function subscriptionStoreContract(world: WorldSource): void {
  const insert = (...all: readonly Subscription[]) =>
    world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const one of all) await stores.subscriptions.insert(one);
    });

  it('gives back what was inserted, of one kind and organization, oldest first', async () => {
    const first = hookNamed('a');
    const second = hookNamed('b', {
      ...{ formerSecret: Uint8Array.of(7), formerSecretUntil: noon(9), verifiedAt: noon(3) },
      ...{ state: 'disabled', stateReason: 'gone', failingSince: noon(2), events: [] },
    });
    const stream = hookNamed('s', { kind: 'stream', tokenId: 'tok_1', url: null, secret: null });
    const foreign = hookNamed('c', { organizationId: other.id });
    await insert(second, stream, foreign, first);
    const { subscriptions } = world().readers;
    expect(await subscriptions.list(acme.id, 'webhook')).toEqual([first, second]);
    expect(await subscriptions.list(acme.id, 'stream')).toEqual([stream]);
    expect(await subscriptions.find(acme.id, foreign.id)).toBeNull();
    expect(await subscriptions.find(other.id, foreign.id)).toEqual(foreign);
    expect(await subscriptions.get(foreign.id)).toEqual(foreign);
    expect(await subscriptions.get('whk_x' as SubscriptionId)).toBeNull();
  });

  it('changes what it is told to and nothing else, and removes deliveries along', async () => {
    const hook = hookNamed('a');
    await insert(hook);
    const change = { state: 'paused', cursor: 7, events: [], secret: null } as const;
    await world().work.run((stores) => stores.subscriptions.change(hook.id, change));
    const { subscriptions, deliveries } = world().readers;
    expect(await subscriptions.get(hook.id)).toEqual({ ...hook, ...change });
    await world().work.run(async (stores) => {
      await stores.deliveries.insertAll([deliveryNamed('evt_1')]);
      expect(await stores.subscriptions.lock(other.id, hook.id)).toBeNull();
      expect((await stores.subscriptions.lock(acme.id, hook.id))?.cursor).toBe(7);
      await stores.subscriptions.remove(hook.id);
    });
    expect(await subscriptions.get(hook.id)).toBeNull();
    expect(await deliveries.countPending(hook.id)).toBe(0);
  });

  it('names who is behind: enabled, with records of its organization, and not too many to send', async () => {
    await insert(
      hookNamed('a'),
      hookNamed('b', { cursor: 2 }),
      hookNamed('c', { state: 'paused' }),
      hookNamed('d', { organizationId: other.id }),
    );
    await world().work.run((stores) => stores.audit.append([eventOn('x'), eventOn('y')]));
    const { subscriptions, outbox } = world().readers;
    expect(await subscriptions.listBehind(1)).toEqual([{ id: 'whk_a', organizationId: acme.id }]);
    await world().work.run((stores) => stores.deliveries.insertAll([deliveryNamed('evt_1')]));
    expect(await subscriptions.listBehind(1)).toEqual([]);
    expect(await subscriptions.listBehind(2)).toHaveLength(1);
    expect(await outbox.head()).toBe(2);
    const after = await outbox.readAfter(acme.id, 1, 9);
    expect(after.map(({ subject }) => subject)).toEqual(['y']);
    expect(await outbox.readAfter(other.id, 0, 9)).toEqual([]);
  });

  it('tallies all organizations by way and state, with what waits', async () => {
    expect(await world().readers.subscriptions.tally()).toEqual([]);
    const stream = { kind: 'stream', tokenId: 'tok_1', secret: null } as const;
    await insert(
      hookNamed('a'),
      hookNamed('b', { organizationId: other.id }),
      hookNamed('c', { state: 'disabled' }),
      hookNamed('d', { ...stream, url: null }),
      hookNamed('e', { ...stream, state: 'paused' }),
    );
    const of = (name: string) => ({ subscriptionId: `whk_${name}` as SubscriptionId });
    await world().work.run((stores) =>
      stores.deliveries.insertAll([
        deliveryNamed('evt_1', of('a')),
        deliveryNamed('evt_2', of('a')),
        deliveryNamed('evt_3', { ...of('a'), state: 'delivered', endedAt: noon() }),
        deliveryNamed('evt_1', of('b')),
        deliveryNamed('evt_1', of('e')),
        deliveryNamed('evt_2', { ...of('e'), state: 'failed', endedAt: noon() }),
      ]),
    );
    expect(await world().readers.subscriptions.tally()).toEqual([
      { way: 'poll', state: 'enabled', subscriptions: 1, waiting: 0 },
      { way: 'push', state: 'paused', subscriptions: 1, waiting: 1 },
      { way: 'webhook', state: 'disabled', subscriptions: 1, waiting: 0 },
      { way: 'webhook', state: 'enabled', subscriptions: 2, waiting: 3 },
    ]);
  });

  it('seizes what nobody holds', async () => {
    await insert(hookNamed('a'));
    const seized = await world().work.run((stores) =>
      stores.subscriptions.seize('whk_a' as SubscriptionId),
    );
    expect(seized?.id).toBe('whk_a');
  });
}

export function deliveryStoreContract(world: WorldSource): void {
  const id = 'whk_a' as SubscriptionId;
  const insert = (...all: readonly Delivery[]) =>
    world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.subscriptions.insert(hookNamed('a'));
      await stores.deliveries.insertAll(all);
    });
  const lease = (at: Date, until: Date, limit = 9) =>
    world().work.run((stores) => stores.deliveries.lease(id, { at, until, limit }));

  it('keeps the first of two with the same id, and lists the newest first', async () => {
    const first = deliveryNamed('evt_1');
    const second = deliveryNamed('evt_2', { sequence: 2, createdAt: noon(1), isControl: true });
    await insert(first, second);
    await world().work.run((stores) =>
      stores.deliveries.insertAll([deliveryNamed('evt_1', { body: 'another' })]),
    );
    const { deliveries } = world().readers;
    expect(await deliveries.list(id, { limit: 9 })).toEqual([second, first]);
    expect(await deliveries.list(id, { limit: 9, after: 'evt_2' })).toEqual([first]);
    expect(await deliveries.find(id, 'evt_1')).toEqual(first);
    expect(await deliveries.find(id, 'evt_9')).toBeNull();
    expect(await deliveries.countPending(id)).toBe(2);
  });

  it('leases what is due, in the order of the trail, to one at a time until the lease ends', async () => {
    await insert(
      deliveryNamed('evt_2', { sequence: 2 }),
      deliveryNamed('evt_1'),
      deliveryNamed('evt_3', { dueAt: noon(60) }),
    );
    const ids = (all: readonly Delivery[]) => all.map((one) => one.id);
    expect(await world().readers.deliveries.listDue(noon())).toEqual([id]);
    expect(ids(await lease(noon(), noon(10), 1))).toEqual(['evt_1']);
    expect(ids(await lease(noon(), noon(10)))).toEqual(['evt_2']);
    expect(await world().readers.deliveries.listDue(noon(9))).toEqual([]);
    expect(await lease(noon(9), noon(19))).toEqual([]);
    expect(ids(await lease(noon(10), noon(20)))).toEqual(['evt_1', 'evt_2']);
    const ready = await world().readers.deliveries.listReady(id, noon(60), 9);
    expect(ids(ready)).toEqual(['evt_1', 'evt_3', 'evt_2']);
  });

  it('records an end once, and lets an attempt that failed wait', async () => {
    await insert(deliveryNamed('evt_1'), deliveryNamed('evt_2'));
    await lease(noon(), noon(10));
    const waits = ended('evt_2', { state: 'pending', dueAt: noon(5), endedAt: null });
    await world().work.run((stores) => stores.deliveries.record(id, [ended('evt_1'), waits]));
    const late = ended('evt_1', { state: 'failed', endedAt: noon(9) });
    await world().work.run((stores) => stores.deliveries.record(id, [late]));
    const { deliveries } = world().readers;
    expect(await deliveries.find(id, 'evt_1')).toEqual(deliveryNamed('evt_1', ended('evt_1')));
    expect(await deliveries.find(id, 'evt_2')).toMatchObject({ state: 'pending', attempts: 1 });
    expect((await lease(noon(5), noon(15))).map((one) => one.id)).toEqual(['evt_2']);
  });

  it('holds back what the lists do not show, and for a while what the documents do not', async () => {
    const list = listNumbered(1, { revision: 3, publishedRevision: 2 });
    const agent = agentNamed('bot', { papersRevision: 5, publishedRevision: 4 });
    const lists = [{ id: list.id, revision: 3 }];
    await insert();
    await world().work.run(async (stores) => {
      await stores.status.insertList(list);
      await stores.agents.insert(agent);
      await stores.deliveries.insertAll([
        deliveryNamed('evt_1', { hold: { lists, agent: null } }),
        deliveryNamed('evt_2', { hold: { lists: [], agent: { id: agent.id, revision: 5 } } }),
      ]);
    });
    const { deliveries } = world().readers;
    const ready = async (at: Date) => (await deliveries.listReady(id, at, 9)).map((one) => one.id);
    expect(await ready(noon())).toEqual([]);
    expect(await deliveries.listDue(noon())).toEqual([]);
    expect(await lease(noon(), noon(9))).toEqual([]);
    expect(await ready(noon(30))).toEqual(['evt_2']);
    await world().work.run(async (stores) => {
      await stores.agents.markPublished([{ id: agent.id, revision: 5 }]);
      await stores.status.recordPublication(list.id, { revision: 3, at: noon(1) });
    });
    expect(await ready(noon(1))).toEqual(['evt_1', 'evt_2']);
    expect(await deliveries.find(id, 'evt_1')).toMatchObject({ hold: { lists, agent: null } });
  });

  it('sends a stopped subscription only what tells that it is', async () => {
    await insert(deliveryNamed('evt_1'), deliveryNamed('upd_1', { isControl: true }));
    await world().work.run((stores) => stores.subscriptions.change(id, { state: 'paused' }));
    expect((await lease(noon(), noon(9))).map((one) => one.id)).toEqual(['upd_1']);
    expect(await world().work.run((stores) => stores.deliveries.dropPending(id))).toBe(1);
    await world().work.run((stores) => stores.subscriptions.change(id, { url: null }));
    expect(await world().readers.deliveries.listDue(noon(60))).toEqual([]);
  });

  it('renews what has ended, and forgets it later', async () => {
    await insert(deliveryNamed('evt_1'), deliveryNamed('evt_2'));
    const renew = (one: string) =>
      world().work.run((stores) => stores.deliveries.renew(id, one, noon(5)));
    expect(await renew('evt_1')).toBe(false);
    await world().work.run((stores) =>
      stores.deliveries.record(id, [ended('evt_1'), ended('evt_2')]),
    );
    expect(await renew('evt_1')).toBe(true);
    expect(await world().readers.deliveries.find(id, 'evt_1')).toMatchObject({
      ...{ state: 'pending', attempts: 0, dueAt: noon(5), endedAt: null },
    });
    const forget = (before: Date) =>
      world().work.run((stores) => stores.deliveries.forgetEnded(before, 9));
    expect(await forget(noon(1))).toBe(0);
    expect(await forget(noon(2))).toBe(1);
    expect(await world().readers.deliveries.find(id, 'evt_2')).toBeNull();
  });
}
