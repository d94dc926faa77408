import { describe, expect, it } from 'vitest';
import type { CachedResponse, ResponseCache } from '../../src/verifier/index.ts';
import { createMemoryCache } from '../../src/verifier/index.ts';
import { brokenRules, describeCacheContract, madeResponse } from '../contracts/cache.contract.ts';

const start = () => createMemoryCache({ maxBytes: 1_000_000 });

/** What an adapter to a server does: everything is text on a wire, and every answer is late. */
function createWireCache(): ResponseCache {
  const wire = new Map<string, string>();
  const late = () => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    async get(url) {
      await late();
      const text = wire.get(url);
      if (text === undefined) return null;
      const { body, ...rest } = JSON.parse(text);
      return { ...rest, body: Buffer.from(body, 'base64') };
    },
    async set(url, { body, ...rest }) {
      const text = JSON.stringify({ ...rest, body: Buffer.from(body).toString('base64') });
      await late();
      wire.set(url, text);
    },
    async delete(url) {
      await late();
      wire.delete(url);
    },
  };
}

describeCacheContract('createMemoryCache', start);
describeCacheContract('a cache behind a wire', createWireCache);

describe('the contract of ResponseCache', () => {
  const first = 'has nothing for a URL that was never set';

  it.each<[string, () => Partial<ResponseCache>, readonly string[]]>([
    [
      'lends out its own octets',
      () => {
        const map = new Map<string, CachedResponse>();
        return { get: (url) => map.get(url), set: (url, response) => map.set(url, response) };
      },
      [
        'deletes one URL, and is content when there is nothing to delete',
        'is not changed by who writes to what went in',
        'is not changed by who writes to what came out',
      ],
    ],
    [
      'takes longer the more it has to do',
      () => {
        const cache = start();
        let waitMs = 20;
        const set: ResponseCache['set'] = async (url, response, ms) => {
          waitMs -= 5;
          await new Promise((resolve) => setTimeout(resolve, waitMs));
          cache.set(url, response, ms);
        };
        return { ...cache, set };
      },
      ['carries out what was asked in the order in which it was asked'],
    ],
    [
      'takes octets for text',
      () => {
        const cache = start();
        const set: ResponseCache['set'] = (url, { body, ...rest }, ms) => {
          const text = new TextDecoder().decode(body);
          cache.set(url, { ...rest, body: new TextEncoder().encode(text) }, ms);
        };
        return { ...cache, set };
      },
      ['gives back headers, octets and time as they were set'],
    ],
    [
      'has something for everything',
      () => ({ get: () => madeResponse('x') }),
      [first, 'gives back headers, octets and time as they were set'],
    ],
  ])('is broken by a cache that %s', async (_what, create, broken) => {
    const found = await brokenRules(() => ({ ...start(), ...create() }));
    expect(found).toEqual(expect.arrayContaining([...broken]));
  });

  it('is kept by nobody who does nothing', async () => {
    const idle = { get: () => undefined, set: () => undefined, delete: () => undefined };
    expect(await brokenRules(() => idle)).toHaveLength(8);
  });
});

describe('createMemoryCache', () => {
  it('lets go of what was used least recently when it is full', () => {
    const cache = createMemoryCache({ maxBytes: 3_000 });
    const body = new Uint8Array(400);
    for (const name of ['a', 'b', 'c']) cache.set(name, madeResponse(name, { body }), 1_000);
    cache.get('a');
    cache.set('d', madeResponse('d', { body }), 1_000);
    expect(['a', 'b', 'c', 'd'].map((name) => cache.get(name) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('does not hold what is larger than it, and lets go of nothing for it', () => {
    const cache = createMemoryCache({ maxBytes: 3_000 });
    cache.set('a', madeResponse('a'), 1_000);
    cache.set('b', madeResponse('b', { body: new Uint8Array(3_000) }), 1_000);
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('b')).toBeUndefined();
  });

  it('counts headers and URLs too', () => {
    const cache = createMemoryCache({ maxBytes: 3_000 });
    cache.set('a', madeResponse('a', { headers: { 'x-long': 'x'.repeat(3_000) } }), 1_000);
    cache.set('b'.repeat(3_000), madeResponse('b'), 1_000);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b'.repeat(3_000))).toBeUndefined();
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number])(
    'throws for a size of %s',
    (maxBytes) => {
      expect(() => createMemoryCache({ maxBytes })).toThrow(
        'createMemoryCache: maxBytes must be a whole number above 0',
      );
    },
  );
});
