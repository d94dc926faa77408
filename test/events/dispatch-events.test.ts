import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newDelivery } from '../../src/events/delivery.ts';
import { dispatchEvents } from '../../src/events/dispatch-events.ts';
import type { EndpointAnswer, EndpointMessage, PostToEndpoint } from '../../src/events/endpoint.ts';
import { findBehind, lookOut } from '../../src/events/look-out.ts';
import { Pulse } from '../../src/events/pulse.ts';
import { sendDeliveries } from '../../src/events/send-deliveries.ts';
import type { Subscription, SubscriptionId } from '../../src/events/subscription.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { type ClockedRegistry, startClockedRegistry } from '../support/clocked-registry.ts';

interface Sent {
  readonly url: string;
  readonly id: string;
  readonly message: EndpointMessage;
}

type Answering = (sent: Sent) => EndpointAnswer | Promise<EndpointAnswer>;

const ok: EndpointAnswer = { ok: true, status: 204 };
const hooks = 'https://hooks.acme.com';
const streamUpdated = 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated';
const tokenGone = 'the token that made the stream is not valid any more';

let world: ClockedRegistry;
let sent: Sent[];
let answering: Answering;

beforeAll(async () => {
  world = await startClockedRegistry();
}, 60_000);

afterAll(() => world?.[Symbol.asyncDispose]());

beforeEach(async () => {
  for (const one of await list('/webhooks')) {
    await world.registry.removeWebhook({ ...(await caller()), id: one['id'] as SubscriptionId });
  }
  sent = [];
  answering = () => ok;
});

async function caller() {
  const actor = { kind: 'token', id: 'tok_1' } as const;
  return { organizationId: world.organization.id, actor };
}

async function list(path: string): Promise<readonly Record<string, unknown>[]> {
  return (await world.call('GET', path)).body['data'] as Record<string, unknown>[];
}

function deps() {
  const post: PostToEndpoint = Object.assign(
    async (url: string, message: EndpointMessage) => {
      const { id = '' } = JSON.parse(message.body.startsWith('{') ? message.body : '{}');
      const one = { url, id, message };
      sent.push(one);
      return answering(one);
    },
    { judge: async () => null },
  );
  const onTrouble = (error: unknown) => expect.fail(String(error));
  return { ...world.deps, post, pulse: new Pulse(), onTrouble };
}

async function hook(path: string, events: readonly string[] = []): Promise<SubscriptionId> {
  const { body } = await world.call('POST', '/webhooks', { url: `${hooks}/${path}`, events });
  return body['id'] as SubscriptionId;
}

function pass(seconds: number): void {
  world.clock.moveBy(seconds * 1_000);
}

let bots = 0;

async function onboard(): Promise<string> {
  bots += 1;
  world.clock.moveBy(1);
  const handle = `bot-${bots}`;
  const owners = ['a@acme.com'];
  const order = { handle, kind: 'agent', name: handle, owners, keyCustody: 'registry' };
  expect((await world.call('POST', '/agents', order)).status).toBe(201);
  return handle;
}

/** Three records of one action that others are told of. */
async function suspendThree(): Promise<readonly string[]> {
  const handles = [await onboard(), await onboard(), await onboard()];
  for (const handle of handles) await suspend(handle);
  return handles;
}

function suspend(handle: string) {
  return world.call('POST', `/agents/${handle}/suspend`, { reason: 'INC-1' });
}

async function find(id: SubscriptionId): Promise<Subscription | null> {
  return world.deps.subscriptions.get(id);
}

/** A stream that is pushed, made with a token of the receiver's own. */
async function streamOf(token: string, endpoint_url: string): Promise<SubscriptionId> {
  const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url };
  const response = await fetch(`${world.url}/api/v1/ssf/streams`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ delivery }),
  });
  return ((await response.json()) as { stream_id: SubscriptionId }).stream_id;
}

function claimsOf({ body }: EndpointMessage): Record<string, unknown> {
  return JSON.parse(Buffer.from(body.split('.')[1] ?? '', 'base64url').toString());
}

/** One look for every subscription that is behind. */
async function lookAll(): Promise<number> {
  let seen = 0;
  for (const id of [...(await findBehind(deps())).values()].flat()) {
    seen += await lookOut(deps(), id);
  }
  return seen;
}

/** Looks and sends until there is nothing left to do at this moment. */
async function tell(): Promise<void> {
  while ((await lookAll()) > 0);
  for (const id of await world.deps.deliveries.listDue(world.clock.now())) {
    while ((await sendDeliveries(deps(), id)) > 0);
  }
}

describe('telling', () => {
  test('wakes those who wait for messages once there are some', async () => {
    await hook('woken', ['agent.suspended']);
    await suspend(await onboard());
    const own = deps();
    expect(own.pulse.beats).toBe(0);
    const stop = dispatchEvents(own);
    await expect.poll(() => sent.length, { timeout: 15_000 }).toBe(1);
    expect(own.pulse.beats).toBeGreaterThan(0);
    await stop();
  });

  test('two processes on one database send every message once', async () => {
    await hook('two', ['agent.suspended']);
    const stops = [dispatchEvents(deps()), dispatchEvents(deps())];
    const handles = await suspendThree();
    await expect.poll(() => sent.length, { timeout: 15_000 }).toBe(3);
    await sleep(700);
    for (const stop of stops) await stop();
    const told = sent.map(({ message }) => JSON.parse(message.body).data.agent);
    expect(told.toSorted()).toEqual([...handles].toSorted());
  });

  test('what a killed process had taken is sent by another under the same id', async () => {
    const id = await hook('killed', ['agent.suspended']);
    await suspend(await onboard());
    await lookAll();
    answering = () => Promise.reject(new Error('killed'));
    await expect(sendDeliveries(deps(), id)).rejects.toThrow('killed');
    answering = () => ok;
    await tell();
    expect(sent).toHaveLength(1);
    pass(14);
    await tell();
    expect(sent).toHaveLength(1);
    pass(1);
    await tell();
    const ids = sent.map((one) => one.id);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(await world.deps.deliveries.countPending(id)).toBe(0);
  });

  test('one that does not answer delays nobody else', async () => {
    await hook('slow', ['agent.suspended']);
    await hook('quick', ['agent.suspended']);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    answering = async ({ url }) => {
      if (url.endsWith('/slow')) await released;
      return ok;
    };
    const stop = dispatchEvents(deps());
    await suspendThree();
    const quick = () => sent.filter(({ url }) => url.endsWith('/quick')).length;
    await expect.poll(quick, { timeout: 15_000 }).toBe(3);
    release();
    await stop();
  });

  test('endpoints that keep everything open use up a share, and each gets at least one', async () => {
    const slow = Array.from({ length: 6 }, (_, at) => `slow-${at}`);
    for (const path of slow) await hook(path, ['agent.updated']);
    const handle = await onboard();
    for (let change = 0; change < 17; change += 1) {
      await world.call('PATCH', `/agents/${handle}`, { description: `change ${change}` });
    }
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    answering = async () => {
      await released;
      return ok;
    };
    while ((await lookAll()) > 0);
    const stop = dispatchEvents(deps());
    const under = () => slow.map((path) => sent.filter(({ url }) => url.endsWith(path)).length);
    await expect.poll(() => under().every((count) => count > 0), { timeout: 15_000 }).toBe(true);
    await sleep(500);
    expect(under().toSorted((one, other) => one - other)).toEqual([1, 1, 16, 16, 16, 16]);
    release();
    await expect.poll(() => sent.length, { timeout: 15_000 }).toBe(6 * 17);
    await stop();
  }, 30_000);

  /** The same work, but for what is to happen when a subscription is looked after. */
  function looking(before: (id: SubscriptionId) => Promise<void>) {
    const { work, ...rest } = deps();
    const run: typeof work.run = (step) =>
      work.run((stores) => {
        const subscriptions = Object.assign(Object.create(stores.subscriptions), {
          seize: async (id: SubscriptionId) => {
            await before(id);
            return stores.subscriptions.seize(id);
          },
        });
        return step({ ...stores, subscriptions });
      });
    return { ...rest, work: { run } };
  }

  test('trouble with one subscription keeps no other from being told', async () => {
    const troubled = await hook('troubled', ['agent.suspended']);
    await hook('sound', ['agent.suspended']);
    const troubles: unknown[] = [];
    const failing = looking(async (id) => {
      if (id === troubled) throw new Error('unreadable');
    });
    await suspend(await onboard());
    const stop = dispatchEvents({ ...failing, onTrouble: (error) => troubles.push(error) });
    await expect.poll(() => sent.length, { timeout: 15_000 }).toBe(1);
    expect(sent[0]?.url).toBe(`${hooks}/sound`);
    expect(String(troubles[0])).toContain('unreadable');
    await stop();
  });

  test('an organization with much to tell keeps no other waiting', async () => {
    const busy = await hook('busy', ['agent.suspended']);
    const made = await world.call('POST', '/organizations', {
      ...{ name: 'Other', contact: 'a@other.com', path: 'other' },
    });
    const asOther = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${made.body['token']}` };
      const json = { ...headers, 'content-type': 'application/json' };
      const order = { method: 'POST', headers: json, body: JSON.stringify(body) };
      expect((await fetch(`${world.url}/api/v1${path}`, order)).status).toBeLessThan(300);
    };
    await asOther('/webhooks', { url: `${hooks}/other`, events: ['agent.onboarded'] });
    await suspend(await onboard());
    const owners = ['a@other.com'];
    const bot = { handle: 'their-bot', kind: 'agent', name: 'Bot', owners };
    await asOther('/agents', { ...bot, keyCustody: 'registry' });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stop = dispatchEvents(looking(async (id) => (id === busy ? released : undefined)));
    await expect.poll(() => sent.map(({ url }) => url)).toEqual([`${hooks}/other`]);
    release();
    await expect.poll(() => sent.length).toBe(2);
    await stop();
  });

  test('a failed attempt waits, one at a time, until one gets through', async () => {
    const id = await hook('failing', ['agent.suspended']);
    await suspendThree();
    answering = () => ({ ok: false, failure: 'timeout', detail: 'the deadline passed' });
    await tell();
    expect(sent).toHaveLength(3);
    expect((await find(id))?.failingSince).toEqual(world.clock.now());
    const [delivery] = await world.deps.deliveries.list(id, { limit: 1 });
    expect(delivery).toMatchObject({ state: 'pending', attempts: 1, outcome: 'timeout' });
    const pauseMs = (delivery?.dueAt.getTime() ?? 0) - world.clock.now().getTime();
    expect(pauseMs).toBeGreaterThanOrEqual(4_000);
    expect(pauseMs).toBeLessThanOrEqual(6_000);
    await lookAll();
    pass(6);
    answering = () => ok;
    expect(await sendDeliveries(deps(), id)).toBe(1);
    expect((await find(id))?.failingSince).toBeNull();
    expect(await sendDeliveries(deps(), id)).toBe(2);
  });

  test('an endpoint that is gone is disabled, and told the rest once it is enabled', async () => {
    const id = await hook('gone', ['agent.suspended']);
    await suspend(await onboard());
    answering = () => ({ ok: true, status: 410 });
    await tell();
    expect(await find(id)).toMatchObject({
      state: 'disabled',
      stateReason: 'the endpoint answered 410',
    });
    const audit = await list(`/audit?action=webhook.disabled&subject=${id}`);
    expect(audit).toHaveLength(1);
    answering = () => ok;
    const handle = await onboard();
    await suspend(handle);
    pass(60);
    await tell();
    expect(sent).toHaveLength(1);
    await world.call('PATCH', `/webhooks/${id}`, { state: 'enabled' });
    await tell();
    const told = sent.slice(1).map(({ message }) => JSON.parse(message.body).data.agent);
    expect(told).toHaveLength(2);
    expect(told).toContain(handle);
  });

  test('an endpoint that nothing gets through to is given up after all attempts', async () => {
    const id = await hook('dead', ['agent.suspended']);
    await suspend(await onboard());
    answering = () => ({ ok: true, status: 500 });
    for (let attempt = 0; attempt < 11; attempt += 1) {
      expect((await find(id))?.state).toBe('enabled');
      await tell();
      pass(10 * 3_600);
    }
    expect(sent).toHaveLength(11);
    expect(await find(id)).toMatchObject({
      state: 'disabled',
      stateReason: 'no attempt got through',
    });
    const [delivery] = await world.deps.deliveries.list(id, { limit: 1 });
    expect(delivery).toMatchObject({ state: 'failed', attempts: 11, outcome: '500' });
  });

  test('for a day after a rotation both secrets sign', async () => {
    const id = await hook('rotated', ['agent.suspended']);
    await world.call('POST', `/webhooks/${id}/rotate-secret`, {});
    const signatures = () =>
      sent.map(({ message }) => message.headers['webhook-signature']?.split(' ').length);
    await suspend(await onboard());
    await tell();
    pass(24 * 3_600);
    await suspend(await onboard());
    await tell();
    expect(signatures()).toEqual([2, 1]);
  });

  test('streams: refused for good by 400, held while paused, dropped while disabled', async () => {
    const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://as.acme.com/events' };
    const accountDisabled = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled';
    const made = await world.call('POST', '/ssf/streams', {
      delivery,
      events_requested: [accountDisabled, 'https://unknown.example/event'],
    });
    expect(made.body['events_delivered']).toEqual([accountDisabled]);
    const stream_id = made.body['stream_id'] as SubscriptionId;
    const status = (to: string) => world.call('POST', '/ssf/status', { stream_id, status: to });
    await suspend(await onboard());
    answering = () => ({ ok: true, status: 400 });
    await tell();
    expect(sent).toHaveLength(1);
    const [refused] = await world.deps.deliveries.list(stream_id, { limit: 1 });
    expect(refused).toMatchObject({ state: 'failed', attempts: 1, outcome: '400' });
    answering = () => ok;
    await status('paused');
    await suspend(await onboard());
    await tell();
    expect(sent).toHaveLength(1);
    await status('enabled');
    await tell();
    expect(sent).toHaveLength(2);
    await status('disabled');
    await suspend(await onboard());
    await tell();
    await status('enabled');
    await tell();
    expect(sent).toHaveLength(2);
    await world.registry.removeStream({ ...(await caller()), id: stream_id });
  });

  test('a stream that nobody reads is not verified for ever', async () => {
    const { body } = await world.call('POST', '/ssf/streams', {});
    const stream_id = body['stream_id'] as SubscriptionId;
    const at = world.clock.now();
    const waiting = (count: number) =>
      Array.from({ length: count }, (_, n) =>
        newDelivery(stream_id, { id: `vrf_${n}`, type: 'verification', body: '{}', at }),
      );
    const { work } = world.deps;
    await work.run(({ deliveries }) => deliveries.insertAll(waiting(1_999)));
    const stream = { ...(await caller()), id: stream_id };
    await world.registry.verifyStream({ ...stream, state: null });
    pass(11);
    await expect(world.registry.verifyStream({ ...stream, state: null })).rejects.toMatchObject({
      code: 'verification-too-soon',
    });
    expect(await world.deps.deliveries.countPending(stream_id)).toBe(2_000);
    await world.registry.removeStream(stream);
  });

  test.each(['revoked', 'past its end'])(
    'a stream whose token is %s is told so, and nothing more',
    async (how) => {
      const end = new Date(world.clock.now().getTime() + 3_600_000);
      const order = { ...(await caller()), name: 'receiver', scopes: ['verify'] as const };
      const { token, text } = await world.registry.createToken({ ...order, expiresAt: end });
      const stream_id = await streamOf(text, 'https://as.acme.com/left');
      if (how === 'revoked') await world.registry.revokeToken({ ...order, id: token.id });
      else pass(3_600);
      await suspend(await onboard());
      await tell();
      const events = sent.map(({ message }) => claimsOf(message)['events']);
      expect(events).toEqual([{ [streamUpdated]: { status: 'disabled', reason: tokenGone } }]);
      expect(await find(stream_id)).toMatchObject({ state: 'disabled', stateReason: tokenGone });
      const { body } = await world.call('GET', `/audit?subject=${stream_id}&limit=5`);
      expect(JSON.stringify(body)).toContain(`"reason":"${tokenGone}"`);
      await world.registry.removeStream({ ...(await caller()), id: stream_id });
    },
  );

  test('a stream that is given up is paused and told so', async () => {
    const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://as.acme.com/dead' };
    const { body } = await world.call('POST', '/ssf/streams', { delivery });
    const stream_id = body['stream_id'] as SubscriptionId;
    const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' };
    await world.call('POST', `/agents/${await onboard()}/credentials`, facet);
    answering = () => ({ ok: true, status: 503 });
    for (let attempt = 0; attempt < 11; attempt += 1) {
      await tell();
      pass(10 * 3_600);
    }
    const status = await world.call('GET', `/ssf/status?stream_id=${stream_id}`);
    expect(status.body).toEqual({ stream_id, status: 'paused', reason: 'no attempt got through' });
    const claims = sent.slice(-1).map(({ message }) => message.body.split('.')[1] ?? '');
    await tell();
    const last = Buffer.from(claims[0] ?? '', 'base64url').toString();
    expect(last).toContain('event-type/stream-updated":{"status":"paused"');
    await world.registry.removeStream({ ...(await caller()), id: stream_id });
  });
});
