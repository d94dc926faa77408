import { LruCache } from './cache.ts';
import type { CachedResponse, ResponseCache } from './response-cache.ts';

/** How much a cache in memory may hold. */
export interface MemoryCacheOptions {
  /** Octets of bodies, headers and URLs together, with some overhead for each response. */
  readonly maxBytes: number;
}

interface Entry {
  readonly response: CachedResponse;
  readonly bytes: number;
}

const overheadBytes = 512;

/**
 * A `ResponseCache` for the verifiers of one process. Lets go of what was used least recently; what
 * goes in and what comes out are copies.
 *
 * @throws TypeError when `maxBytes` is not a whole number above 0.
 */
export function createMemoryCache({ maxBytes }: MemoryCacheOptions): ResponseCache {
  if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) {
    throw new TypeError('createMemoryCache: maxBytes must be a whole number above 0');
  }
  const entries = new LruCache<Entry>({ maxWeight: maxBytes, weigh: ({ bytes }) => bytes });
  return {
    get(url) {
      const entry = entries.get(url);
      return entry === undefined ? undefined : copyOf(entry.response);
    },
    set(url, response) {
      entries.set(url, { response: copyOf(response), bytes: bytesOf(url, response) });
    },
    delete: (url) => entries.delete(url),
  };
}

function copyOf({ headers, body, fetchedAt }: CachedResponse): CachedResponse {
  return { headers: { ...headers }, body: new Uint8Array(body), fetchedAt };
}

function bytesOf(url: string, { headers, body }: CachedResponse): number {
  const text = Object.entries(headers).flat().join('').length;
  return url.length + text + body.byteLength + overheadBytes;
}
