import { LruCache } from '../cache.ts';
import type { FetchedResponse } from '../ports.ts';
import type { CachedResponse, ResponseCache } from '../response-cache.ts';
import { within } from './within.ts';

/** An answer with status 200, and when it was asked for, by the verifier's clock. */
export interface Arrival {
  readonly response: FetchedResponse;
  readonly fetchedAt: number;
}

/** The copies that several verifiers share. Whatever goes wrong with them, there just is none. */
export interface SharedCopies {
  /** A copy of at most so many octets that was not dropped meanwhile; whether it is fresh is open. */
  find(url: string, maxBytes: number): Promise<Arrival | undefined>;
  /** Shares a copy that is of use for so many milliseconds. Does not wait. */
  keep(url: string, arrival: Arrival, usefulMs: number): void;
  /** Deletes the copy, and will not have again any that was fetched up to now. Does not wait. */
  drop(url: string): void;
}

const patienceMs = 250;
// A cache that did not answer in time is not waited for again at once.
const silenceMs = 1_000;
const maxHeaderCharacters = 16_384;
const maxRemembered = 10_000;
// A cache that never answers holds on to this many questions, and is left alone from then on.
const maxUnderWay = 256;

const none: SharedCopies = {
  find: async () => undefined,
  keep: () => undefined,
  drop: () => undefined,
};

/** The shared copies in a cache that the host brought; none at all when it brought none. */
export function createSharedCopies(deps: {
  readonly cache: ResponseCache | undefined;
  readonly clock: () => number;
}): SharedCopies {
  const { cache, clock } = deps;
  if (cache === undefined) {
    return none;
  }
  const droppedAt = new LruCache<number>({ maxWeight: maxRemembered });
  let underWay = 0;
  let silentUntil = 0;

  async function ask<Answer>(question: () => Answer | Promise<Answer>) {
    underWay += 1;
    try {
      return await question();
    } catch {
      return undefined;
    } finally {
      underWay -= 1;
    }
  }

  function giveUp(): undefined {
    silentUntil = Date.now() + silenceMs;
  }

  return {
    async find(url, maxBytes) {
      if (underWay >= maxUnderWay || Date.now() < silentUntil) {
        return undefined;
      }
      const answer = ask(async () => arrivalOf(await cache.get(url), maxBytes));
      const found = await within(patienceMs, answer, giveUp);
      const after = droppedAt.get(url) ?? Number.NEGATIVE_INFINITY;
      const known = found !== undefined && found.fetchedAt > after && found.fetchedAt <= clock();
      return known ? found : undefined;
    },
    keep(url, { response, fetchedAt }, usefulMs) {
      if (usefulMs > 0 && underWay < maxUnderWay) {
        const headers = Object.fromEntries(response.headers);
        const body = new Uint8Array(response.body);
        void ask(() => cache.set(url, { headers, body, fetchedAt }, usefulMs));
      }
    },
    drop(url) {
      droppedAt.set(url, clock());
      void ask(() => cache.delete(url));
    },
  };
}

/** What a cache gave, if it has the right shape; a copy, which nobody else can write to. */
function arrivalOf(entry: unknown, maxBytes: number): Arrival | undefined {
  if (typeof entry !== 'object' || entry === null) {
    return undefined;
  }
  const { headers, body, fetchedAt }: { readonly [Member in keyof CachedResponse]?: unknown } =
    entry;
  const fields = headersOf(headers);
  const readable = body instanceof Uint8Array && body.byteLength <= maxBytes;
  return fields !== undefined && readable && typeof fetchedAt === 'number'
    ? { response: { status: 200, headers: fields, body: new Uint8Array(body) }, fetchedAt }
    : undefined;
}

function headersOf(headers: unknown): ReadonlyMap<string, string> | undefined {
  // A Map, or a list of pairs, would read as no headers at all, and so without an age.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers) {
    return undefined;
  }
  const fields = Object.entries(headers);
  const text = fields.flat();
  const readable = text.every((part) => typeof part === 'string');
  return readable && text.join('').length <= maxHeaderCharacters ? new Map(fields) : undefined;
}
