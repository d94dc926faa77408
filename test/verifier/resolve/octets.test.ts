import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../../src/verifier/ports.ts';
import { createOctets, type HeldOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import type { CachedResponse } from '../../../src/verifier/response-cache.ts';
import { createMemoryFetch } from '../support/memory-fetch.ts';

const url = 'https://id.acme.com/doc';

const other = 'https://id.acme.com/other';

/** Octets over a network that can be slow: what it answers is settled when it is asked. */
function start(entries: ReadonlyMap<string, CachedResponse> = new Map()) {
  const network = createMemoryFetch();
  const waiting: (() => void)[] = [];
  let slow = false;
  let now = 1_000_000;
  const fetch = Object.assign(
    async (...asking: Parameters<Fetch>) => {
      const answer = await network(...asking);
      if (slow) await new Promise<void>((resolve) => waiting.push(resolve));
      return answer;
    },
    { allowLoopback: false },
  );
  const clock = () => now;
  const get = (at: string) => entries.get(at);
  const cache = { get, set: () => undefined, delete: () => undefined };
  const shared = createSharedCopies({ cache, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const ask = async (at = url, forMs = 5_000, isKept = () => true) => {
    const bounds = { accept: '*/*', maxBytes: 100, deadline: Date.now() + forMs };
    return octets.read({ url: at, ...bounds, isKept });
  };
  const take = async (at = url, isKept?: () => boolean) => {
    const outcome = await ask(at, 5_000, isKept);
    if (!outcome.ok) throw new Error(outcome.cause);
    return outcome.held;
  };
  return {
    octets,
    ask,
    take,
    read: (isKept?: () => boolean) => take(url, isKept),
    fetch: network,
    serve: (body: string, headers: Readonly<Record<string, string>> = {}, at = url) =>
      network.answers.set(at, { headers: { 'cache-control': 'max-age=60', ...headers }, body }),
    advance(ms: number) {
      now += ms;
    },
    slowDown(does: boolean) {
      slow = does;
    },
    /** Waits until so many answers are on their way. */
    onTheWay: (count: number) => expect.poll(() => waiting.length, { interval: 1 }).toBe(count),
    /** Has every answer arrive that is on its way, and its reader done with it. */
    async arrive() {
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

const textOf = ({ response }: HeldOctets) => new TextDecoder().decode(response.body);

describe('octets', () => {
  it('are one and the same object for as long as they do not change', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    const first = await read();
    expect(await read()).toBe(first);
    octets.suspect(url, 0);
    serve('a');
    expect((await read()).response).toBe(first.response);
    octets.suspect(url, 0);
    serve('b');
    expect((await read()).response).not.toBe(first.response);
    expect(fetch.asked).toHaveLength(3);
  });

  it('that turn out to be worth nothing are forgotten, and no others', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    const old = await read();
    octets.suspect(url, 0);
    serve('b');
    const held = await read();
    octets.discard(url, old);
    expect(await read()).toBe(held);
    expect(octets.has(url)).toBe(true);
    octets.discard(url, held);
    expect(octets.has(url)).toBe(false);
    expect(await read()).not.toBe(held);
    expect(fetch.asked).toHaveLength(3);
  });

  it('that nobody wants to keep are given, and not held', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    expect(new TextDecoder().decode((await read(() => false)).response.body)).toBe('a');
    expect(octets.has(url)).toBe(false);
    await read();
    expect(fetch.asked).toHaveLength(2);
  });
});

describe('octets are derived from anew', () => {
  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['another type', 'a', { 'content-type': 'text/html' }],
    ['something after them', 'ab', { 'content-type': 'application/json' }],
    ['nothing left of them', '', { 'content-type': 'application/json' }],
  ])('when they come with %s', async (_what, body, headers) => {
    const { octets, read, serve } = start();
    serve('a', { 'content-type': 'application/json' });
    const before = await read();
    octets.suspect(url, 0);
    serve(body, headers);
    const after = await read();
    expect(after.response).not.toBe(before.response);
    expect(textOf(after)).toBe(body);
    expect(after.response.headers.get('content-type')).toBe(headers['content-type']);
  });
});

describe('a read that is under way', () => {
  it('is shared by all who ask meanwhile, whatever comes of it', async () => {
    const { ask, fetch } = start();
    fetch.answers.set(url, { status: 404, body: '' });
    expect(await Promise.all([ask(), ask()])).toMatchObject([
      { ok: false, cause: 'status' },
      { ok: false, cause: 'status' },
    ]);
    expect(fetch.asked).toEqual([url]);
  });

  it('is begun anew for who has more time than it was given', async () => {
    const { ask, serve, fetch } = start();
    fetch.answers.set(url, 'silence');
    const hasty = ask(url, 30);
    await expect.poll(() => fetch.asked.length, { interval: 1 }).toBe(1);
    const patient = ask();
    serve('a');
    expect(await hasty).toMatchObject({ ok: false, cause: 'timeout' });
    expect(await patient).toMatchObject({ ok: true });
    expect(fetch.asked).toEqual([url, url]);
  });

  it('keeps nobody beyond his own deadline', async () => {
    const { ask, serve, slowDown, onTheWay, arrive } = start();
    serve('a');
    slowDown(true);
    const patient = ask();
    await onTheWay(1);
    const late = { ok: false, cause: 'timeout', detail: 'the deadline passed' };
    expect(await ask(url, 10)).toEqual(late);
    await arrive();
    expect(await patient).toMatchObject({ ok: true });
  });

  it.each([
    ['one as usual', false],
    ['one that has a doubt settled', true],
  ])('and was dropped is held for nobody: %s', async (_what, doubted) => {
    const { octets, read, serve, slowDown, onTheWay, arrive, fetch } = start();
    serve('old');
    if (doubted) {
      await read();
      octets.suspect(url, 0);
    }
    slowDown(true);
    const first = read();
    await onTheWay(1);
    octets.drop(url);
    serve('new');
    const second = read();
    await onTheWay(2);
    await arrive();
    expect([textOf(await first), textOf(await second)]).toEqual(['old', 'new']);
    expect(textOf(await read())).toBe('new');
    expect(fetch.asked).toHaveLength(doubted ? 3 : 2);
  });
});

describe('a refresh in the background', () => {
  async function begin() {
    const world = start();
    world.serve('first');
    await world.read();
    world.advance(50_000);
    world.slowDown(true);
    world.serve('second');
    expect(textOf(await world.read())).toBe('first');
    await world.onTheWay(1);
    world.serve('third');
    return world;
  }

  it('settles no doubt that arose after it was begun, and is not taken for its answer', async () => {
    const { octets, read, onTheWay, arrive, fetch } = await begin();
    octets.suspect(url, 0);
    const doubting = read();
    await onTheWay(2);
    await arrive();
    expect(textOf(await doubting)).toBe('third');
    expect(fetch.options.map(({ revalidate }) => revalidate)).toEqual([undefined, undefined, true]);
  });

  it('that comes while a doubt is open leaves it open', async () => {
    const { octets, read, slowDown, arrive, fetch } = await begin();
    octets.suspect(url, 0);
    slowDown(false);
    await arrive();
    expect(textOf(await read())).toBe('third');
    expect(fetch.asked).toHaveLength(3);
  });

  it('that comes after a later answer does not replace it', async () => {
    const { octets, read, slowDown, advance, arrive, fetch } = await begin();
    advance(1);
    octets.suspect(url, 0);
    slowDown(false);
    expect(textOf(await read())).toBe('third');
    await arrive();
    expect(textOf(await read())).toBe('third');
    expect(fetch.asked).toHaveLength(3);
  });

  it('replaces the copy when it comes by itself', async () => {
    const { read, slowDown, arrive, fetch } = await begin();
    slowDown(false);
    await arrive();
    await expect.poll(async () => textOf(await read())).toBe('second');
    expect(fetch.asked).toHaveLength(2);
  });
});

describe('a doubt', () => {
  it('has nothing of an answer held that is not to be stored, nor of the copy before it', async () => {
    const { octets, read, serve, fetch } = start();
    serve('a');
    await read();
    octets.suspect(url, 0);
    serve('b', { 'cache-control': 'no-store' });
    expect(textOf(await read())).toBe('b');
    expect(textOf(await read())).toBe('b');
    expect(fetch.asked).toHaveLength(3);
    expect(octets.has(url)).toBe(true);
  });

  it('about one place is not settled by the answer of another', async () => {
    const { octets, take, serve } = start();
    for (const at of [url, other]) {
      serve(`old ${at}`, {}, at);
      await take(at);
      octets.suspect(at, 0);
      serve(`new ${at}`, {}, at);
    }
    const both = await Promise.all([take(url), take(other)]);
    expect(both.map(textOf)).toEqual([`new ${url}`, `new ${other}`]);
  });
});

describe('a shared copy', () => {
  const entryAt = (fetchedAt: number): CachedResponse => ({
    headers: { 'cache-control': 'max-age=600' },
    body: new TextEncoder().encode('shared'),
    fetchedAt,
  });

  it.each([
    ['after', 1_000_001, 'shared'],
    ['at the instant of', 1_000_000, 'again'],
    ['before', 999_999, 'again'],
  ])('that was fetched %s the copy at hand: %i', async (_when, fetchedAt, expected) => {
    const entries = new Map<string, CachedResponse>();
    const { read, serve, advance } = start(entries);
    serve('first');
    await read();
    advance(60_000);
    serve('again');
    entries.set(url, entryAt(fetchedAt));
    expect(textOf(await read())).toBe(expected);
  });
});

describe('the room for octets', () => {
  it('is 128 MiB, of which every document takes 16 KiB beside its own', async () => {
    const { octets, take, serve, fetch } = start();
    const at = (index: number) => `https://id.acme.com/${index}`;
    for (let index = 0; index < 8_191; index += 1) {
      serve('x', {}, at(index));
      await take(at(index));
    }
    await take(at(0));
    expect(fetch.asked).toHaveLength(8_191);
    serve('x', {}, at(8_191));
    await take(at(8_191));
    await take(at(0));
    expect(fetch.asked).toHaveLength(8_192);
    await take(at(1));
    expect(fetch.asked).toHaveLength(8_193);
    expect(octets.has(at(1))).toBe(true);
  });
});
