import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { apiRoutes, openRoutes } from '../../src/http/app.ts';
import { type ApiWorld, startApiWorld, type Things } from '../support/api-world.ts';
import { enrolmentRequest, newEnrolmentKey } from '../support/enrolment-key.ts';
import { exampleOf, messageOf, pathOf } from '../support/route-examples.ts';

let world: ApiWorld;

beforeAll(async () => {
  world = await startApiWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

/** Calls that take a body and change nothing but what a receiver has taken. */
const asking = ['POST /verify', 'POST /ssf/poll/:target'];
/** Calls that need more than an example to succeed; each has a test of its own below or elsewhere. */
const apart: Readonly<Record<string, string>> = {
  'POST /enrol': 'test below',
  'POST /agents/:target/keys/:part/retire': 'needs a rotation that is past its overlap',
  'POST /agents/:target/credentials/import': 'test below',
  'POST /enrolments/:target/approve': 'needs an agent that asked',
  'POST /enrolments/:target/reject': 'needs an agent that asked',
  'POST /webhooks/:target/deliveries/:part/redeliver': 'needs a delivery that ended',
  'POST /organization/keys': 'test below',
  'POST /agents/:target/resume': 'test below',
  'POST /credentials/:target/resume': 'test below',
};

const lineOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const mutating = apiRoutes.filter(
  (route) => route.method !== 'GET' && !asking.includes(lineOf(route)),
);

interface Sent {
  readonly status: number;
  readonly requestId: string;
  readonly text: string;
}

async function send(method: string, path: string, body?: string): Promise<Sent> {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${world.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const requestId = response.headers.get('x-request-id') ?? '';
  return { status: response.status, requestId, text: await response.text() };
}

/** What the trail has of a request: the actions of the records that have its id. */
async function recordsOf({ requestId }: Sent): Promise<readonly string[]> {
  const { organization, deps } = world;
  const filter = { organizationId: organization.id, requestId };
  return (await deps.audit.list(filter, { limit: 100 })).map(({ action }) => action);
}

async function call(name: string, things: Things, changes: object = {}): Promise<Sent> {
  const route = [...apiRoutes, ...openRoutes].find((one) => lineOf(one) === name);
  if (route === undefined) throw new Error(`no route ${name}`);
  const { body, query } = messageOf(route, { ...exampleOf(route, things), ...changes });
  return send(route.method, pathOf(route, things) + query, body);
}

describe('M-01: a call that changes something leaves a record with its request id:', () => {
  /** The changes that an example needs to do something here, and to do it alone. */
  const bodies: Readonly<Record<string, (things: Things) => object>> = {
    'POST /agents': () => ({ handle: 'covered-bot' }),
    'POST /agents/:target/keys/:part/compromise': () => ({ jwk: undefined }),
    'POST /revocations': ({ handle }) => ({ filter: { agent: handle }, preview: undefined }),
    'POST /suspensions': ({ handle }) => ({ filter: { agent: handle }, preview: undefined }),
    'POST /tokens': () => ({ agent: undefined, team: undefined, expiresAt: undefined }),
    'POST /workload-rules': () => ({ name: 'covered', claims: { sub: 'repo' } }),
    'POST /templates': () => ({ name: 'covered' }),
    'POST /apply': () => ({ prune: false, reason: undefined }),
    'POST /rules': () => ({ name: 'covered' }),
    'POST /owners/departed': () => ({ owner: 'covered@acme.com' }),
  };

  const named = mutating.map(lineOf).filter((name) => !(name in apart));

  test.each(named)('%s', async (name) => {
    const things = await world.makeThings();
    const sent = await call(name, things, bodies[name]?.(things));
    expect([name, sent.status < 300 ? 'done' : sent.text]).toEqual([name, 'done']);
    expect(await recordsOf(sent)).not.toEqual([]);
  });

  test('POST …/resume', async () => {
    const things = await world.makeThings();
    for (const place of ['agents', 'credentials']) {
      await call(`POST /${place}/:target/suspend`, things);
      const sent = await call(`POST /${place}/:target/resume`, things);
      expect([place, sent.status]).toEqual([place, 200]);
      expect(await recordsOf(sent)).toContain(`${place.slice(0, -1)}.resumed`);
    }
  });

  test('POST /organization/keys', async () => {
    const sent = await send('POST', '/organization/keys', '{"action":"prepare"}');
    expect(await recordsOf(sent)).toEqual(['issuer-key.prepared']);
  });

  test('POST /agents/:target/credentials/import', async () => {
    // Making the things of a path imports one; the trail has the call's id with it.
    const { imported } = await world.makeThings();
    const filter = { organizationId: world.organization.id, subject: imported };
    const [record] = await world.deps.audit.list(filter, { limit: 1 });
    expect([record?.action, record?.requestId]).toEqual([
      'import.accepted',
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });

  test('POST /enrol', async () => {
    const ordered = {
      handle: 'enrolled-bot',
      name: 'Enrolled',
      kind: 'agent',
      owners: ['a@acme.com'],
    };
    const made = await send('POST', '/enrolments', JSON.stringify(ordered));
    const { token } = JSON.parse(made.text) as { token: string };
    const order = { token, audience: world.url, key: newEnrolmentKey(), at: world.clock.now() };
    const request = enrolmentRequest(order);
    const sent = await send('POST', '/enrol', JSON.stringify(request));
    expect([sent.status, sent.text]).toEqual([
      expect.toSatisfy((status) => status < 300),
      sent.text,
    ]);
    expect(await recordsOf(sent)).toEqual(
      expect.arrayContaining(['agent.onboarded', 'enrolment.used']),
    );
  });

  test('and of the routes there are, only those named above are not tried here', () => {
    const known = mutating.concat().map(lineOf);
    const strangers = Object.keys(apart).filter((name) => {
      return !known.includes(name) && !openRoutes.some((route) => lineOf(route) === name);
    });
    expect(strangers).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });
});

describe('M-07: a call that is denied', () => {
  async function denied(): Promise<readonly { code: string; count: number; route: string }[]> {
    world.clock.moveBy(60_000);
    const { denied: calls, work, clock, audit } = world.deps;
    const append = (events: readonly AuditEvent[]) =>
      work.run((stores) => stores.audit.append(events));
    await calls.record(clock.now(), append);
    const filter = { organizationId: world.organization.id, action: 'access.denied' };
    const records = await audit.list(filter, { limit: 100 });
    return records.map(({ body }) => JSON.parse(body).details);
  }

  test('for want of a scope, or by a token that has ended, is counted into one record a minute', async () => {
    const narrow = await world.grant({ scopes: ['agents:read'] });
    const ask = (path: string, token: string) => world.ask('GET', path, { token });
    for (let tries = 0; tries < 5; tries += 1) {
      expect((await ask('/audit', narrow)).status).toBe(403);
    }
    const caller = {
      organizationId: world.organization.id,
      actor: { kind: 'token', id: 'tok_1' },
    } as const;
    const token = (await world.registry.listTokens(caller)).find(({ hash }) => {
      return hash === createHash('sha256').update(narrow).digest('hex');
    });
    if (token === undefined) throw new Error('no token');
    await world.registry.revokeToken({ ...caller, id: token.id });
    expect((await ask('/agents', narrow)).status).toBe(401);
    expect((await ask('/agents', 'swt_nobody')).status).toBe(401);
    expect(await denied()).toEqual([
      expect.objectContaining({ code: 'not-permitted', count: 5, route: 'GET /audit' }),
      expect.objectContaining({ code: 'unauthenticated', count: 1, route: 'GET /agents' }),
    ]);
    expect((await denied()).length).toBe(2);
  });
});
