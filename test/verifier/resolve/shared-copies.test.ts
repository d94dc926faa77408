import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';

afterEach(() => vi.useRealTimers());

const arrival = {
  response: { status: 200, headers: new Map([['etag', '"1"']]), body: Uint8Array.of(1, 2, 3) },
  fetchedAt: 1_000,
};

describe('shared copies', () => {
  it('are none without a cache', async () => {
    const clock = () => {
      throw new Error('there is nothing to look at the clock for');
    };
    const shared = createSharedCopies({ cache: undefined, clock });
    shared.keep('url', arrival, 60_000);
    shared.drop('url');
    expect(await shared.find('url', 100)).toBeUndefined();
  });

  it('are found as they were kept, and are copies', async () => {
    const cache = new Map();
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    shared.keep('url', arrival, 60_000);
    expect(await shared.find('url', 3)).toEqual(arrival);
    cache.get('url').body.fill(0);
    expect(arrival.response.body).toEqual(Uint8Array.of(1, 2, 3));
    expect(await shared.find('url', 2)).toBeUndefined();
  });

  it('are copies when they come out as well', async () => {
    const body = Uint8Array.of(1, 2, 3);
    const entry = { headers: {}, body, fetchedAt: 1_000 };
    const cache = { get: () => entry, set: () => undefined, delete: () => undefined };
    const found = await createSharedCopies({ cache, clock: () => 2_000 }).find('url', 3);
    body.fill(0);
    expect(found?.response.body).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('from the future are not found', async () => {
    const cache = new Map([['url', { headers: {}, body: new Uint8Array(), fetchedAt: 2_001 }]]);
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    expect(await shared.find('url', 3)).toBeUndefined();
  });

  it('are not kept when they are of no use', async () => {
    const cache = new Map();
    createSharedCopies({ cache, clock: () => 2_000 }).keep('url', arrival, 0);
    expect(cache.size).toBe(0);
  });

  it('that were fetched up to a drop are not found again, later ones are', async () => {
    const cache = new Map();
    const shared = createSharedCopies({
      cache: { get: (url) => cache.get(url), set: () => undefined, delete: () => undefined },
      clock: () => 5_000,
    });
    const entry = { headers: {}, body: Uint8Array.of(1) };
    cache.set('url', { ...entry, fetchedAt: 5_000 });
    expect(await shared.find('url', 3)).toMatchObject({ fetchedAt: 5_000 });
    shared.drop('url');
    expect(await shared.find('url', 3)).toBeUndefined();
    cache.set('other', { ...entry, fetchedAt: 5_000 });
    expect(await shared.find('other', 3)).toMatchObject({ fetchedAt: 5_000 });
  });

  it('in a cache that never answers are asked for 256 times at most, and not at once again', async () => {
    let asked = 0;
    const silence = () => {
      asked += 1;
      return new Promise<never>(() => {});
    };
    const cache = { get: silence, set: silence, delete: silence };
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    const one = await shared.find('url', 3);
    const startedAt = performance.now();
    expect([one, await shared.find('url', 3), asked]).toEqual([undefined, undefined, 1]);
    expect(performance.now() - startedAt).toBeLessThan(200);
    for (let at = 0; at < 1_000; at += 1) shared.keep('url', arrival, 60_000);
    expect(asked).toBe(256);
  });

  it('are asked for as often as one likes in a cache that answers', async () => {
    const cache = new Map();
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    for (let at = 0; at < 300; at += 1) {
      shared.keep('url', arrival, 60_000);
      expect(await shared.find('url', 3)).toEqual(arrival);
    }
  });

  it('are not asked for while 256 questions go without an answer', async () => {
    let asked = 0;
    const silence = () => {
      asked += 1;
      return new Promise<never>(() => {});
    };
    const cache = { get: silence, set: silence, delete: silence };
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    for (let at = 0; at < 256; at += 1) shared.keep('url', arrival, 60_000);
    const startedAt = performance.now();
    expect(await shared.find('url', 3)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(asked).toBe(256);
  });

  it('are asked for again a second after their cache kept silent', async () => {
    vi.useFakeTimers();
    let asked = 0;
    const get = () => {
      asked += 1;
      return new Promise<never>(() => {});
    };
    const cache = { get, set: () => undefined, delete: () => undefined };
    const shared = createSharedCopies({ cache, clock: () => 2_000 });
    const first = shared.find('url', 3);
    await vi.advanceTimersByTimeAsync(250);
    expect(await first).toBeUndefined();
    await vi.advanceTimersByTimeAsync(999);
    expect(await shared.find('url', 3)).toBeUndefined();
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    void shared.find('url', 3);
    expect(asked).toBe(2);
  });
});

describe('an entry of a shared cache', () => {
  const body = Uint8Array.of(1, 2, 3);
  const entry = { headers: { etag: '"1"' }, body, fetchedAt: 1_000 };
  const find = (given: unknown) => {
    const get = () => given as typeof entry;
    const cache = { get, set: () => undefined, delete: () => undefined };
    return createSharedCopies({ cache, clock: () => 2_000 }).find('url', 3);
  };
  const long = (length: number) => ({ ...entry, headers: { a: 'x', b: 'x'.repeat(length - 3) } });

  it.each<[string, unknown]>([
    ['as it was kept', entry],
    ['with 16,384 characters of headers', long(16_384)],
    ['without headers', { ...entry, headers: {} }],
  ])('is found %s', async (_what, given) => {
    expect(await find(given)).toMatchObject({ fetchedAt: 1_000 });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'entry'],
    ['a function', Object.assign(() => undefined, entry)],
    ['one without headers', { ...entry, headers: undefined }],
    ['one with a text for headers', { ...entry, headers: 'etag: "1"' }],
    ['one with a function for headers', { ...entry, headers: Object.assign(() => 0, { a: 'x' }) }],
    ['one with pairs for headers', { ...entry, headers: [['etag', '"1"']] }],
    ['one with a list for a header', { ...entry, headers: { age: ['0'] } }],
    ['one with 16,385 characters of headers', long(16_385)],
    ['one with numbers for a body', { ...entry, body: [1, 2, 3] }],
    ['one with a longer body', { ...entry, body: new Uint8Array(4) }],
    ['one with a text for a time', { ...entry, fetchedAt: '1000' }],
  ])('is none when it is %s', async (_what, given) => {
    expect(await find(given)).toBeUndefined();
  });
});
