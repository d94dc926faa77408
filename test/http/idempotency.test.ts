import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let place: RunningService;
const agent = { kind: 'agent', owners: ['a@acme.com'], keyCustody: 'issued' };
const facet = {
  type: 'allowed-actions',
  reason: 'CHG-1',
  claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
};

beforeAll(async () => {
  place = await startRunningService();
  const order = { ...agent, handle: 'bot', name: 'Bot' };
  expect((await place.call('POST', '/agents', order)).status).toBe(201);
});

afterAll(() => place[Symbol.asyncDispose]());

async function send(
  key: string | null,
  path: string,
  body: unknown,
  options: { readonly method?: string; readonly token?: string } = {},
) {
  const response = await fetch(`${place.address}/api/v1${path}`, {
    method: options.method ?? 'POST',
    headers: {
      authorization: `Bearer ${options.token ?? place.token}`,
      'content-type': 'application/json',
      ...(key === null ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, json };
}

async function countOf(path: string): Promise<number> {
  return ((await place.call('GET', path)).body['data'] as unknown[]).length;
}

describe('a request that is sent again under its Idempotency-Key', () => {
  test('is answered with the same octets, the private key among them, and makes one agent', async () => {
    const order = { ...agent, handle: 'twice', name: 'Twice' };
    const first = await send('onboard-1', '/agents', order);
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(first.json['privateJwk']).toMatchObject({ kty: 'EC', d: expect.any(String) });
    const again = await send('onboard-1', '/agents', order);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe('/api/v1/agents/twice');
    const quoted = await send('"onboard-1"', '/agents', order);
    expect([quoted.status, quoted.text]).toEqual([201, first.text]);
  });

  test('is the same request whatever the order of its members', async () => {
    const { type, reason, claims } = facet;
    const first = await send('order', '/agents/bot/credentials', { type, reason, claims });
    const again = await send('order', '/agents/bot/credentials', { claims, reason, type });
    expect([first.status, again.text]).toEqual([201, first.text]);
  });

  test('issues one credential however many arrive at once', async () => {
    const before = await countOf('/credentials?agent=bot&type=allowed-actions');
    const all = await Promise.all(
      Array.from({ length: 20 }, () => send('flood', '/agents/bot/credentials', facet)),
    );
    const done = all.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    for (const late of all.filter(({ status }) => status !== 201)) {
      expect([late.status, late.json['code']]).toEqual([409, 'idempotency-key-in-use']);
      expect(late.headers.get('retry-after')).toBe('2');
    }
    expect(await countOf('/credentials?agent=bot&type=allowed-actions')).toBe(before + 1);
  });

  test('is refused when it asks for something else, which changes nothing', async () => {
    await send('one-thing', '/agents', { ...agent, handle: 'one', name: 'One' });
    for (const other of [
      await send('one-thing', '/agents', { ...agent, handle: 'two', name: 'Two' }),
      await send('one-thing', '/agents/one/suspend', { reason: 'other path' }),
      await send('one-thing', '/agents/one', { name: 'Other' }, { method: 'PATCH' }),
    ]) {
      expect([other.status, other.json['code']]).toEqual([422, 'idempotency-key-reused']);
    }
    expect((await place.call('GET', '/agents/two')).status).toBe(404);
    expect((await place.call('GET', '/agents/one')).body).toMatchObject({
      name: 'One',
      state: 'active',
    });
  });

  test('is carried out anew after a refusal', async () => {
    const reason = { reason: 'again' };
    const refused = await send('after', '/agents/later/suspend', reason);
    expect([refused.status, refused.json['code']]).toEqual([404, 'agent-not-found']);
    await place.call('POST', '/agents', { ...agent, handle: 'later', name: 'Later' });
    expect((await send('after', '/agents/later/suspend', reason)).json).toMatchObject({
      state: 'suspended',
    });
  });

  test('is not that of another token', async () => {
    const order = { name: 'second', scopes: ['agents:write'] };
    const { body } = await place.call('POST', '/tokens', order);
    const first = await send('shared', '/agents/bot/suspend', { reason: 'first' });
    await place.call('POST', '/agents/bot/resume', { reason: 'back' });
    const other = await send(
      'shared',
      '/agents/bot/suspend',
      { reason: 'second' },
      { token: body['token'] as string },
    );
    expect([first.status, other.status]).toEqual([200, 200]);
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    await place.call('POST', '/agents/bot/resume', { reason: 'back' });
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(256), '"unfinished', '"in "side"'])(
    'is refused under the key %j',
    async (key) => {
      const headers = {
        authorization: `Bearer ${place.token}`,
        'content-type': 'application/json',
        'idempotency-key': Buffer.from(key).toString('latin1'),
      };
      const body = JSON.stringify({ reason: 'no' });
      const url = `${place.address}/api/v1/agents/bot/suspend`;
      const response = await fetch(url, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'invalid-input' });
    },
  );

  test('leaves no answer in the database that could be read', async () => {
    const made = await send('secret', '/tokens', { name: 'kept', scopes: ['verify'] });
    expect((await send('secret', '/tokens', { name: 'kept', scopes: ['verify'] })).text).toBe(
      made.text,
    );
    const client = new pg.Client({ connectionString: place.connectionString });
    await client.connect();
    const { rows } = await client.query<{ answer: Buffer | null }>(
      'SELECT answer FROM remembered_requests',
    );
    await client.end();
    const secret = (made.json['token'] as string).slice('swt_'.length);
    expect(rows.length).toBeGreaterThan(3);
    for (const { answer } of rows) expect(answer?.toString('latin1')).not.toContain(secret);
  });
});
