import { LruCache, SingleFlight } from '../cache.ts';
import type { Fetch, FetchedResponse, FetchFailure, FetchOutcome } from '../ports.ts';
import type { FetchRequest } from './fetch-by-deadline.ts';
import { fetchByDeadline } from './fetch-by-deadline.ts';
import { ageMsOf, reusableMsOf } from './freshness.ts';

/**
 * The octets at a URL as they were last read. For as long as they do not change `response` is one
 * and the same object, however often they are read again.
 */
export interface HeldOctets {
  readonly response: FetchedResponse;
  /** When they were asked for, by the verifier's clock, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** What the answer said of its own age when it came, in milliseconds. */
  readonly ageMs: number;
  readonly reusableMs: number;
}

/** Why there are no octets: the port gave no response, or one that is not 200. */
export type OctetsMiss =
  | { readonly ok: false; readonly cause: 'status'; readonly response: FetchedResponse }
  | { readonly ok: false; readonly cause: FetchFailure; readonly detail: string };

/** The octets at a URL, or why there are none. */
export type OctetsOutcome = { readonly ok: true; readonly held: HeldOctets } | OctetsMiss;

/** The one place where documents come from: every read is bounded, shared and remembered here. */
export interface Octets {
  /** A fresh copy at once, or what the network says. */
  read(request: FetchRequest): OctetsOutcome | Promise<OctetsOutcome>;
  has(url: string): boolean;
  drop(url: string): void;
  /**
   * Has the next read go back to the origin, unless the copy was obtained, or doubted before, within
   * the last `minHeldMs`. Says whether it will.
   */
  suspect(url: string, minHeldMs: number): boolean;
  /** Ends the doubt: the copy held may be reused for as long as it was fresh. */
  believe(url: string): void;
}

const maxDoubts = 10_000;
const maxHeldBytes = 128 * 1_024 * 1_024;
// What is derived from a document lives as long as its octets do, and weighs more than they.
const entryOverheadBytes = 16 * 1_024;

/** Reads through `fetch`, holding some 6,000 documents of the usual size. */
export function createOctets(deps: {
  readonly fetch: Fetch;
  readonly clock: () => number;
}): Octets {
  const cache = new LruCache<HeldOctets>({
    maxWeight: maxHeldBytes,
    weigh: (held) => held.response.body.byteLength + entryOverheadBytes,
  });
  const flights = new SingleFlight<OctetsOutcome>();
  const doubtedAt = new LruCache<{ readonly at: number; readonly open: boolean }>({
    maxWeight: maxDoubts,
  });

  const isDoubted = (url: string): boolean => doubtedAt.get(url)?.open === true;
  const believe = (url: string): void => {
    const doubt = doubtedAt.get(url);
    if (doubt !== undefined) doubtedAt.set(url, { ...doubt, open: false });
  };

  async function ask(request: FetchRequest, isCurrent: () => boolean): Promise<OctetsOutcome> {
    const before = cache.get(request.url);
    const fetchedAt = deps.clock();
    const revalidate = before?.reusableMs === 0 || isDoubted(request.url);
    const fetched = await fetchByDeadline(deps.fetch, request, {
      etag: before?.response.headers.get('etag'),
      revalidate,
    });
    const outcome = outcomeOf(fetched, before, fetchedAt);
    if (outcome.ok && isCurrent()) {
      cache.set(request.url, outcome.held);
      believe(request.url);
    }
    return outcome;
  }

  return {
    read(request) {
      const held = cache.get(request.url);
      return held !== undefined && isFresh(held, deps.clock()) && !isDoubted(request.url)
        ? { ok: true, held }
        : flights.run(request.url, (isCurrent) => ask(request, isCurrent));
    },
    has: (url) => cache.get(url) !== undefined,
    drop(url) {
      cache.delete(url);
      flights.drop(url);
    },
    suspect(url, minHeldMs) {
      const held = cache.get(url);
      const at = deps.clock();
      const since = Math.max(held?.fetchedAt ?? at, doubtedAt.get(url)?.at ?? 0);
      if (held === undefined || at - since < minHeldMs) {
        return false;
      }
      doubtedAt.set(url, { at, open: true });
      return true;
    },
    believe,
  };
}

// A clock that went backwards makes a copy unusable, not eternal.
function isFresh(held: HeldOctets, now: number): boolean {
  const heldMs = now - held.fetchedAt;
  return heldMs >= 0 && heldMs < held.reusableMs;
}

function outcomeOf(
  fetched: FetchOutcome,
  before: HeldOctets | undefined,
  fetchedAt: number,
): OctetsOutcome {
  if (!fetched.ok) {
    return { ok: false, cause: fetched.failure, detail: fetched.detail };
  }
  const { response } = fetched;
  const times = {
    fetchedAt,
    ageMs: ageMsOf(response.headers),
    reusableMs: reusableMsOf(response.headers),
  };
  // RFC 9110 §15.4.5: 304 answers a conditional request only, and the copy held stays the document.
  if (response.status === 304 && before !== undefined) {
    return { ok: true, held: { response: before.response, ...times } };
  }
  // CIMD-02 §5: any status but 200 is an error.
  if (response.status !== 200) {
    return { ok: false, cause: 'status', response };
  }
  const same = before !== undefined && isSameDocument(before.response, response);
  return { ok: true, held: { response: same ? before.response : response, ...times } };
}

function isSameDocument(left: FetchedResponse, right: FetchedResponse): boolean {
  return (
    ['etag', 'content-type'].every((name) => left.headers.get(name) === right.headers.get(name)) &&
    left.body.byteLength === right.body.byteLength &&
    left.body.every((octet, at) => octet === right.body[at])
  );
}
