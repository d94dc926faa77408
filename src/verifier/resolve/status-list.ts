import { maxStatusListBytes } from '../../protocol/limits.ts';
import { LruCache } from '../cache.ts';
import { Doubts } from './doubts.ts';
import type { FetchedList, ListDeps } from './fetch-status-list.ts';
import { admitStatusList, fetchStatusList, unavailable } from './fetch-status-list.ts';
import { ageMsOf, mayBeShared, originAtOf } from './freshness.ts';
import type { HeldList, ListReading, ListRequest } from './held-list.ts';
import { isAnswerTo, isReusable, readingOf, reusableMsOf } from './held-list.ts';
import type { ReadWork } from './timely-reads.ts';
import { TimelyReads } from './timely-reads.ts';
import type { StatusList } from './verify-status-list.ts';

/** Reads status lists, verified and inflated, from a cache that knows how old each one is. */
export interface StatusLists {
  /**
   * The list at hand while it may be reused, or what the network says. A list that is near the end
   * of its reuse is asked for again in the background.
   */
  read(request: ListRequest): ListReading | Promise<ListReading>;
  /** Forgets the list at hand; the next read goes back to the origin. */
  drop(url: string): void;
  /** The lists of this issuer that are held or being read. */
  urlsOf(issuer: string): readonly string[];
  /** As for octets: has the next read go back to the origin, and says whether it will. */
  suspect(url: string, minHeldMs: number): boolean;
}

const maxHeldBytes = 64 * 1_024 * 1_024;
const maxRemembered = 10_000;

/** Status lists over the fetch port: verified before they are held, and never held for long. */
export function createStatusLists(deps: ListDeps): StatusLists {
  return new RememberedLists(deps);
}

class RememberedLists implements StatusLists {
  readonly #deps: ListDeps;
  readonly #lists = new LruCache<HeldList>({
    maxWeight: maxHeldBytes,
    weigh: ({ list, response }) => list.weight + response.body.byteLength,
  });
  readonly #doubts = new Doubts();
  readonly #isNewest = createOrderMemory();
  readonly #reads = new TimelyReads<FetchedList>({
    late: unavailable('fetch-timeout'),
    isLate: (fetched) => !fetched.ok && fetched.rule === 'fetch-timeout',
  });

  constructor(deps: ListDeps) {
    this.#deps = deps;
  }

  read(request: ListRequest): ListReading | Promise<ListReading> {
    const { url, deadline } = request;
    const held = this.#lists.get(url);
    const now = this.#deps.clock();
    const doubted = this.#doubts.isOpen(url);
    if (held === undefined || doubted || !isReusable(held, request, now)) {
      return this.#reads
        .read(keyOf(request, doubted), deadline, this.#workOf(request, doubted))
        .then((fetched) => this.#conclude(fetched, request));
    }
    const reusableMs = reusableMsOf(held, request);
    const serving = { copy: held, url, heldMs: now - held.fetchedAt, reusableMs };
    this.#deps.refreshAhead.consider(serving, (end) =>
      this.#reads.run(keyOf(request, false), this.#workOf({ ...request, deadline: end }, false)),
    );
    return readingOf(held, request, now);
  }

  // A list that could not be replaced is believed for as long as its age allows, and no longer; the
  // one that counts is held now, which another read may have put there, or a drop taken away.
  #conclude(fetched: FetchedList, request: ListRequest): ListReading {
    const now = this.#deps.clock();
    if (fetched.ok) {
      return readingOf(fetched.held, request, now);
    }
    const held = this.#lists.get(request.url);
    if (held === undefined || !isAnswerTo(held, request)) {
      return fetched;
    }
    const old = readingOf(held, request, now);
    const expired = !old.ok && old.rule === 'list-expired';
    return old.ok || (expired && fetched.reason === 'status-unavailable') ? old : fetched;
  }

  drop(url: string): void {
    this.#lists.delete(url);
    this.#doubts.open(url, this.#deps.clock());
    for (const key of this.#reads.keys()) {
      if (placeIn(key).url === url) this.#reads.drop(key);
    }
  }

  urlsOf(issuer: string): readonly string[] {
    const held = this.#lists.keys().filter((url) => this.#lists.peek(url)?.list.issuer === issuer);
    const read = this.#reads
      .keys()
      .map(placeIn)
      .filter((place) => place.did === issuer);
    return [...new Set([...held, ...read.map(({ url }) => url)])];
  }

  suspect(url: string, minHeldMs: number): boolean {
    const held = this.#lists.get(url);
    const at = this.#deps.clock();
    return held !== undefined && this.#doubts.raise(url, { ...held, at, minHeldMs });
  }

  // A read that was begun before a doubt arose cannot settle it: the two have keys of their own.
  #workOf(request: ListRequest, doubted: boolean): ReadWork<FetchedList> {
    return async (isCurrent) => {
      const held = this.#lists.get(request.url);
      const copy = doubted ? undefined : await this.#readShared(request, held);
      const fetched = copy ?? (await fetchStatusList(this.#deps, request, { held, doubted }));
      if (!fetched.ok) {
        return fetched;
      }
      if (copy === undefined && !this.#isNewest(fetched.held.list)) {
        return { ok: false, reason: 'status-stale', rule: 'list-older-than-seen' };
      }
      if (isCurrent()) {
        this.#hold(request, fetched.held, doubted);
        if (copy === undefined) this.#share(request, fetched.held);
      }
      return fetched;
    };
  }

  /** A shared copy that may answer; one that is not the list of this issuer is thrown away. */
  async #readShared(
    request: ListRequest,
    held: HeldList | undefined,
  ): Promise<FetchedList | undefined> {
    const { url } = request;
    const { shared, clock } = this.#deps;
    const arrival = await shared.find(url, maxStatusListBytes);
    if (arrival === undefined) {
      return undefined;
    }
    const { fetchedAt, response } = arrival;
    const dated = { fetchedAt, ageMs: ageMsOf(response.headers) };
    const own = held !== undefined && isAnswerTo(held, request);
    if (own && originAtOf(dated) <= originAtOf(held)) {
      return undefined;
    }
    const admitted = await admitStatusList(this.#deps, request, arrival);
    if (admitted.ok && !isReusable(admitted.held, request, clock())) {
      return undefined;
    }
    if (admitted.ok && this.#isNewest(admitted.held.list)) {
      return admitted;
    }
    shared.drop(url);
    return undefined;
  }

  #hold(request: ListRequest, held: HeldList, doubted: boolean): void {
    const { url } = request;
    const current = this.#lists.get(url);
    const inUse = current !== undefined && isReusable(current, request, this.#deps.clock());
    // Who asked before a doubt arose may be answered after it was settled, by something older.
    if (doubted || !inUse || originAtOf(held) >= originAtOf(current)) {
      this.#lists.set(url, held);
    }
    if (doubted) {
      this.#doubts.settle(url);
    }
  }

  #share(request: ListRequest, held: HeldList): void {
    if (mayBeShared(held.response.headers)) {
      this.#deps.shared.keep(request.url, held, reusableMsOf(held, request));
    }
  }
}

function keyOf({ did, format, url }: ListRequest, doubted: boolean): string {
  return `${doubted ? 'doubted ' : ''}${did} ${format} ${url}`;
}

// Neither a DID nor a URL has a space.
function placeIn(key: string): { readonly did: string; readonly url: string } {
  const [url = '', , did = ''] = key.split(' ').reverse();
  return { did, url };
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
