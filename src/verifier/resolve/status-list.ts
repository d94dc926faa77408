import { LruCache, SingleFlight } from '../cache.ts';
import type { FetchedList, ListDeps } from './fetch-status-list.ts';
import { fetchStatusList } from './fetch-status-list.ts';
import type { HeldList, ListReading, ListRequest } from './held-list.ts';
import { isAnswerTo, isReusable, readingOf } from './held-list.ts';
import type { StatusList } from './verify-status-list.ts';

/** Reads status lists, verified and inflated, from a cache that knows how old each one is. */
export interface StatusLists {
  read(request: ListRequest): ListReading | Promise<ListReading>;
  drop(url: string): void;
  /** As for octets: has the next read go back to the origin, and says whether it will. */
  suspect(url: string, minHeldMs: number): boolean;
}

const maxInflatedBytes = 64 * 1_024 * 1_024;
const maxRemembered = 10_000;

/** Status lists over the fetch port: verified before they are held, and never held for long. */
export function createStatusLists(deps: ListDeps): StatusLists {
  const lists = new LruCache<HeldList>({
    maxWeight: maxInflatedBytes,
    weigh: ({ list }) => list.weight,
  });
  const flights = new SingleFlight<FetchedList>();
  const isNewest = createOrderMemory();

  async function refresh(request: ListRequest, isCurrent: () => boolean): Promise<FetchedList> {
    const fetched = await fetchStatusList(deps, request, lists.get(request.url));
    if (fetched.ok && !isNewest(fetched.held.list)) {
      return { ok: false, reason: 'status-stale', rule: 'list-older-than-seen' };
    }
    if (fetched.ok && isCurrent()) {
      lists.set(request.url, fetched.held);
    }
    return fetched;
  }

  return {
    read(request) {
      const held = lists.get(request.url);
      const now = deps.clock();
      return held !== undefined && isReusable(held, request, now)
        ? readingOf(held, request, now)
        : flights
            .run(`${request.did} ${request.format} ${request.url}`, (isCurrent) =>
              refresh(request, isCurrent),
            )
            .then((fetched) => conclude(fetched, { held, request, now: deps.clock() }));
    },
    drop(url) {
      lists.delete(url);
      flights.dropAll();
    },
    suspect(url, minHeldMs) {
      const held = lists.get(url);
      if (held === undefined || deps.clock() - held.fetchedAt < minHeldMs) {
        return false;
      }
      lists.set(url, { ...held, suspected: true });
      return true;
    },
  };
}

/**
 * Whether a list is no older than any that was seen in its place. The memory outlives the lists: an
 * attacker who can replay an old list must not win by having the new one evicted.
 */
function createOrderMemory(): (list: StatusList) => boolean {
  const newest = new LruCache<number>({ maxWeight: maxRemembered });
  return ({ issuer, url, issuedAt }) => {
    const key = `${issuer} ${url}`;
    if (issuedAt < (newest.get(key) ?? issuedAt)) {
      return false;
    }
    newest.set(key, issuedAt);
    return true;
  };
}

interface Situation {
  readonly held: HeldList | undefined;
  readonly request: ListRequest;
  readonly now: number;
}

// A list that could not be replaced is believed for as long as its age allows, and no longer.
function conclude(fetched: FetchedList, { held, request, now }: Situation): ListReading {
  if (fetched.ok) {
    return readingOf(fetched.held, request, now);
  }
  if (held === undefined || !isAnswerTo(held, request)) {
    return fetched;
  }
  const old = readingOf(held, request, now);
  const expired = !old.ok && old.rule === 'list-expired';
  return old.ok || (expired && fetched.reason === 'status-unavailable') ? old : fetched;
}
