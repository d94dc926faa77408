import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningService, startRunningService } from '../support/running-service.ts';

let place: RunningService;

beforeAll(async () => {
  place = await startRunningService();
  const order = { handle: 'bot', kind: 'agent', name: 'Bot', owners: ['a@acme.com'] };
  await place.call('POST', '/agents', { ...order, keyCustody: 'registry' });
});

afterAll(() => place[Symbol.asyncDispose]());

const contacts = async () =>
  (await (await fetch(`${place.address}/a/bot/client.json`)).json())['contacts'];

test('a new contact stands in the documents from their next publication on', async () => {
  const changes = { name: 'Acme Ltd', contact: 'security@acme.com' };
  const changed = await place.call('PATCH', '/organization', changes);
  expect([changed.status, changed.body]).toEqual([200, expect.objectContaining(changes)]);
  expect((await place.call('GET', '/organization')).body).toEqual(changed.body);
  expect(await contacts()).not.toEqual(['security@acme.com']);
  await place.call('PATCH', '/agents/bot', { version: '2' });
  expect(await contacts()).toEqual(['security@acme.com']);
  const { body } = await place.call('GET', '/audit?action=organization.updated');
  expect(body['data']).toMatchObject([{ event: { details: changes } }]);
});

test('what is left out stays', async () => {
  await place.call('PATCH', '/organization', { name: 'Acme Inc' });
  expect((await place.call('GET', '/organization')).body).toMatchObject({
    name: 'Acme Inc',
    contact: 'security@acme.com',
  });
});

test.each([
  [{ name: ' ' }, '/name'],
  [{ name: 'x'.repeat(121) }, '/name'],
  [{ name: 'a\u202eb' }, '/name'],
  [{ contact: 'not an address' }, '/contact'],
  [{ contact: 'a@b\n' }, '/contact'],
  [{ baseUrl: 'https://other.example' }, '/baseUrl'],
  [{ did: 'did:web:other.example' }, '/did'],
])('%j is refused, and changes nothing', async (changes, pointer) => {
  const before = (await place.call('GET', '/organization')).body;
  const answer = await place.call('PATCH', '/organization', changes);
  expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-input']);
  expect(answer.body['errors']).toMatchObject([{ pointer }]);
  expect((await place.call('GET', '/organization')).body).toEqual(before);
});
