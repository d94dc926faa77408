import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
  for (const handle of ['bot', 'raced']) {
    const order = { handle, kind: 'agent', name: handle, owners: ['a@acme.com'] };
    await place.call('POST', '/agents', { ...order, keyCustody: 'registry' });
  }
});

afterAll(() => place[Symbol.asyncDispose]());

async function change(
  path: string,
  ifMatch: string,
  body: unknown,
  method = 'PATCH',
): Promise<{ status: number; tag: string | null; code: unknown }> {
  const response = await fetch(`${place.address}/api/v1/agents/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${place.token}`,
      'content-type': 'application/json',
      'if-match': ifMatch,
    },
    body: JSON.stringify(body),
  });
  const { code } = (await response.json()) as { code?: unknown };
  return { status: response.status, tag: response.headers.get('etag'), code };
}

async function read(handle: string): Promise<{ tag: string; name: unknown; state: unknown }> {
  const { headers, body } = await place.call('GET', `/agents/${handle}`);
  return { tag: headers.get('etag') ?? '', name: body['name'], state: body['state'] };
}

test('a change with the tag that was read goes through once, and answers the next tag', async () => {
  const { tag } = await read('bot');
  expect(tag).toMatch(/^"[\w-]{22}"$/);
  const first = await change('bot', tag, { name: 'First' });
  expect(first.status).toBe(200);
  expect(first.tag).toBe((await read('bot')).tag);
  const stale = await change('bot', tag, { name: 'Second' });
  expect([stale.status, stale.code]).toEqual([412, 'precondition-failed']);
  expect((await read('bot')).name).toBe('First');
});

test('of many changes with the same tag exactly one is made', async () => {
  const { tag } = await read('raced');
  const names = Array.from({ length: 10 }, (_, place) => `Racer ${place}`);
  const answers = await Promise.all(names.map((name) => change('raced', tag, { name })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
});

test('a change of state minds the tag too', async () => {
  const { tag } = await read('bot');
  await change('bot', tag, { version: '2' });
  for (const verb of ['suspend', 'retire']) {
    const stale = await change(`bot/${verb}`, tag, { reason: 'stale' }, 'POST');
    expect([stale.status, stale.code]).toEqual([412, 'precondition-failed']);
  }
  expect((await read('bot')).state).toBe('active');
});

test.each([
  ['a weak tag', (tag: string) => `W/${tag}`, 412],
  ['a tag without quotes', (tag: string) => tag.slice(1, -1), 412],
  ['a list with the tag in it', (tag: string) => `"other", ${tag}`, 200],
  ['any tag', () => '*', 200],
])('a change with %s', async (_, conditionOf, status) => {
  const { tag } = await read('bot');
  const changed = await change('bot', conditionOf(tag), { description: String(status) });
  expect(changed.status).toBe(status);
});

test('the tag stands still while only papers are renewed', async () => {
  const { tag } = await read('bot');
  const { body } = await place.call('GET', '/credentials?agent=bot&state=active');
  const [passport] = body['data'] as { id: string }[];
  const renewed = await place.call('POST', `/credentials/${passport?.id}/renew`, { reason: 'now' });
  expect(renewed.status).toBe(201);
  expect((await read('bot')).tag).toBe(tag);
});
