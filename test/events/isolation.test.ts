import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBehind, lookOut } from '../../src/events/look-out.ts';
import type { SubscriptionId } from '../../src/events/subscription.ts';
import { type ApiWorld, startApiWorld } from '../support/api-world.ts';

let world: ApiWorld;
let foreign: string;

beforeAll(async () => {
  world = await startApiWorld();
}, 60_000);

afterAll(() => world?.[Symbol.asyncDispose]());

async function ask(method: string, path: string, body: object | undefined, token: string) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const { status, text } = await world.ask(method, path, { token, ...sent });
  return { status, body: text === '' ? null : JSON.parse(text) };
}

/** All that can be asked of a stream, by its id. */
function questionsAbout(stream_id: string): readonly (readonly [string, string, object?])[] {
  return [
    ['GET', `/ssf/streams?stream_id=${stream_id}`],
    ['PATCH', '/ssf/streams', { stream_id, description: 'mine' }],
    ['PUT', '/ssf/streams', { stream_id }],
    ['GET', `/ssf/status?stream_id=${stream_id}`],
    ['POST', '/ssf/status', { stream_id, status: 'disabled' }],
    ['POST', '/ssf/verification', { stream_id }],
    ['POST', `/ssf/poll/${stream_id}`, { returnImmediately: true }],
    ['DELETE', `/ssf/streams?stream_id=${stream_id}`],
  ];
}

test('events are signed by a key that is in no other document, and that can be changed', async () => {
  const read = async (path: string) => (await fetch(`${world.url}${path}`)).json();
  const { keys } = await read('/ssf/jwks.json');
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256' });
  const { keys: issuing } = await read('/jwks.json');
  const { verificationMethod } = await read('/.well-known/did.json');
  expect(JSON.stringify([issuing, verificationMethod])).not.toContain(keys[0].x);
  const rotated = await ask('POST', '/organization/event-keys', { action: 'rotate' }, world.token);
  const kidsNow = async () =>
    (await read('/ssf/jwks.json')).keys.map(({ kid }: { kid: string }) => kid);
  expect((await kidsNow()).toSorted()).toEqual([keys[0].kid, rotated.body.kid].toSorted());
  world.clock.moveBy(3_600_000);
  await ask('POST', '/organization/event-keys', { action: 'rotate' }, world.token);
  const later = await kidsNow();
  expect(later).toHaveLength(2);
  expect(later).toContain(rotated.body.kid);
  expect(later).not.toContain(keys[0].kid);
});

test('what only the transmitter says cannot be changed, and unknown members are refused', async () => {
  const { body: stream } = await ask('POST', '/ssf/streams', { aud: 'https://as' }, world.token);
  const { stream_id } = stream;
  expect(stream.aud).toBe('https://as');
  const change = (members: object) =>
    ask('PATCH', '/ssf/streams', { stream_id, ...members }, world.token);
  expect(await change({ aud: 'https://other' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/aud' }] },
  });
  expect((await change({ aud: 'https://as', iss: stream.iss })).status).toBe(200);
  expect((await change({ unheard: true })).status).toBe(400);
  const replaced = await ask('PUT', '/ssf/streams', { ...stream, description: 'x' }, world.token);
  expect(replaced).toMatchObject({ status: 200, body: { ...stream, description: 'x' } });
  const haste = { stream_id };
  expect((await ask('POST', '/ssf/verification', haste, world.token)).status).toBe(204);
  expect(await ask('POST', '/ssf/verification', haste, world.token)).toMatchObject({
    status: 429,
    body: { code: 'verification-too-soon' },
  });
});

describe('beside another organization', () => {
  beforeAll(async () => {
    foreign = await world.grant({ of: await world.openOther() });
  });

  test('a stream is there for the token that made it and for administrators, and for nobody else', async () => {
    const maker = await world.grant({ scopes: ['verify'] });
    const colleague = await world.grant({ scopes: ['verify'] });
    const { body } = await ask('POST', '/ssf/streams', {}, maker);
    const id = String(body.stream_id);
    const before = await world.state.read();
    for (const token of [colleague, foreign]) {
      for (const [method, path, order] of questionsAbout(id)) {
        const answer = await ask(method, path, order, token);
        expect([method, path, answer.status]).toEqual([method, path, 404]);
        expect(answer.body.code).toBe('stream-not-found');
      }
    }
    expect((await ask('GET', '/ssf/streams', undefined, colleague)).body).toEqual([]);
    expect(await world.state.read()).toBe(before);
    const seen = await ask('GET', `/ssf/streams?stream_id=${id}`, undefined, world.token);
    expect(seen).toMatchObject({ status: 200, body: { stream_id: id } });
    expect((await ask('DELETE', `/ssf/streams?stream_id=${id}`, undefined, maker)).status).toBe(
      204,
    );
  });

  test('nobody is told what happens in another organization', async () => {
    const mine = await ask('POST', '/ssf/streams', {}, world.token);
    const theirs = await ask('POST', '/ssf/streams', {}, foreign);
    const hook = await ask('POST', '/webhooks', { url: 'https://hooks.other.com/' }, foreign);
    const { handle } = await world.makeThings();
    await ask('POST', `/agents/${handle}/suspend`, { reason: 'INC-1' }, world.token);
    const behind = [...(await findBehind(world.deps)).values()].flat();
    for (const id of behind) while ((await lookOut(world.deps, id)) > 0);
    const { deliveries } = world.deps;
    const pending = (id: unknown) => deliveries.countPending(String(id) as SubscriptionId);
    expect(await pending(mine.body.stream_id)).toBeGreaterThan(2);
    expect(await pending(theirs.body.stream_id)).toBe(0);
    expect(await pending(hook.body.id)).toBe(0);
  });
});
