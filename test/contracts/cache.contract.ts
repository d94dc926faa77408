import { describe, expect, it } from 'vitest';
import type { CachedResponse, ResponseCache } from '../../src/verifier/index.ts';

/** A response that is told apart from every other by its name. */
export function madeResponse(name: string, changes: Partial<CachedResponse> = {}): CachedResponse {
  return {
    headers: { 'content-type': 'application/json', etag: `"${name}"` },
    body: new TextEncoder().encode(`{"name":"${name}"}`),
    fetchedAt: 1_795_176_000_123,
    ...changes,
  };
}

const url = 'https://id.acme.com/a/billing-bot/client.json';
const everyOctet = Uint8Array.from({ length: 256 }, (_, octet) => octet);

async function contentOf(cache: ResponseCache, at = url): Promise<unknown> {
  const found = await cache.get(at);
  return found === undefined || found === null
    ? 'nothing'
    : { headers: { ...found.headers }, body: [...found.body], fetchedAt: found.fetchedAt };
}

function contentOfResponse({ headers, body, fetchedAt }: CachedResponse): unknown {
  return { headers: { ...headers }, body: [...body], fetchedAt };
}

type Rule = readonly [title: string, hold: (cache: ResponseCache) => Promise<void>];

const rules: readonly Rule[] = [
  [
    'has nothing for a URL that was never set',
    async (cache) => {
      expect(await contentOf(cache)).toBe('nothing');
    },
  ],
  [
    'gives back headers, octets and time as they were set',
    async (cache) => {
      const response = madeResponse('a', { body: everyOctet });
      await cache.set(url, response, 60_000);
      expect(await contentOf(cache)).toEqual(contentOfResponse(response));
    },
  ],
  [
    'gives back an empty body, and no headers',
    async (cache) => {
      const response = madeResponse('a', { body: new Uint8Array(), headers: {} });
      await cache.set(url, response, 60_000);
      expect(await contentOf(cache)).toEqual(contentOfResponse(response));
    },
  ],
  [
    'has what was set last',
    async (cache) => {
      await cache.set(url, madeResponse('old'), 60_000);
      await cache.set(url, madeResponse('new', { headers: {} }), 60_000);
      expect(await contentOf(cache)).toEqual(
        contentOfResponse(madeResponse('new', { headers: {} })),
      );
    },
  ],
  [
    'keeps URLs apart that differ in anything',
    async (cache) => {
      const others = [`${url}/`, `${url}?`, url.toUpperCase(), url.slice(0, -1), '__proto__'];
      for (const other of others) await cache.set(other, madeResponse(other), 60_000);
      expect(await contentOf(cache)).toBe('nothing');
      for (const other of others) {
        expect(await contentOf(cache, other)).toEqual(contentOfResponse(madeResponse(other)));
      }
    },
  ],
  [
    'deletes one URL, and is content when there is nothing to delete',
    async (cache) => {
      await cache.set(url, madeResponse('a'), 60_000);
      await cache.set(`${url}/`, madeResponse('b'), 60_000);
      await cache.delete(url);
      await cache.delete(url);
      expect(await contentOf(cache)).toBe('nothing');
      expect(await contentOf(cache, `${url}/`)).toEqual(contentOfResponse(madeResponse('b')));
    },
  ],
  [
    'carries out what was asked in the order in which it was asked',
    async (cache) => {
      const all = [
        cache.set(url, madeResponse('a'), 60_000),
        cache.set(url, madeResponse('b'), 60_000),
        cache.delete(url),
        cache.set(url, madeResponse('c'), 60_000),
      ];
      await Promise.all(all);
      expect(await contentOf(cache)).toEqual(contentOfResponse(madeResponse('c')));
    },
  ],
  [
    'is not changed by who writes to what went in',
    async (cache) => {
      const response = madeResponse('a');
      await cache.set(url, response, 60_000);
      response.body.fill(0);
      expect(await contentOf(cache)).toEqual(contentOfResponse(madeResponse('a')));
    },
  ],
  [
    'is not changed by who writes to what came out',
    async (cache) => {
      await cache.set(url, madeResponse('a'), 60_000);
      (await cache.get(url))?.body.fill(0);
      expect(await contentOf(cache)).toEqual(contentOfResponse(madeResponse('a')));
    },
  ],
];

/** What every implementation of the `ResponseCache` port does, wherever it keeps things. */
export function describeCacheContract(name: string, start: () => ResponseCache): void {
  describe(`${name} keeps the contract of ResponseCache`, () => {
    it.each(rules)('%s', async (_title, hold) => {
      await hold(start());
    });
  });
}

/** Titles of the rules of the contract that a cache breaks. */
export async function brokenRules(start: () => ResponseCache): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const [title, hold] of rules) {
    await hold(start()).catch(() => broken.push(title));
  }
  return broken;
}
