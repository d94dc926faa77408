import { LruCache } from '../cache.ts';
import type { Fetch, FetchedResponse, FetchFailure, FetchOutcome } from '../ports.ts';
import { Doubts } from './doubts.ts';
import type { FetchRequest } from './fetch-by-deadline.ts';
import { fetchByDeadline } from './fetch-by-deadline.ts';
import type { Dated } from './freshness.ts';
import {
  ageMsOf,
  confirmedHeaders,
  mayBeHeld,
  mayBeShared,
  originAtOf,
  reusableMsOf,
} from './freshness.ts';
import type { RefreshAhead } from './refresh-ahead.ts';
import type { Arrival, SharedCopies } from './shared-copies.ts';
import type { ReadWork } from './timely-reads.ts';
import { TimelyReads } from './timely-reads.ts';

/**
 * The octets at a URL as they were last read. For as long as they do not change `response` is one
 * and the same object, however often they are read again.
 */
export interface HeldOctets extends Dated {
  readonly response: FetchedResponse;
  /** The headers of the last answer, which say how fresh the octets are. */
  readonly headers: ReadonlyMap<string, string>;
  /** When they were asked for, by the verifier's clock, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly reusableMs: number;
}

/** Why there are no octets: the port gave no response, or one that is not 200. */
export type OctetsMiss =
  | { readonly ok: false; readonly cause: 'status'; readonly response: FetchedResponse }
  | { readonly ok: false; readonly cause: FetchFailure; readonly detail: string };

/** The octets at a URL, or why there are none. */
export type OctetsOutcome = { readonly ok: true; readonly held: HeldOctets } | OctetsMiss;

/** One URL to read, and which answers are worth holding. */
export interface OctetsRequest extends FetchRequest {
  // CIMD-02 §5.2: a document that is invalid is not cached.
  isKept(response: FetchedResponse, url: string): boolean | Promise<boolean>;
}

/** The one place where documents come from: every read is bounded, shared and remembered here. */
export interface Octets {
  /**
   * A fresh copy at once, or what the network says. A fresh copy that is near its end is asked for
   * again in the background; what is not worth holding does not take its place.
   */
  read(request: OctetsRequest): OctetsOutcome | Promise<OctetsOutcome>;
  /** Whether the URL was read, and not dropped since. */
  has(url: string): boolean;
  /** The copy that is held, fresh or not. */
  peek(url: string): FetchedResponse | undefined;
  /** Forgets the copy, the shared one too; the next read goes back to the origin. */
  drop(url: string): void;
  /** Forgets every copy below this prefix that is held or being read, as `drop` does. */
  dropBelow(prefix: string): void;
  /** Forgets this very copy, which turned out to be worth nothing. */
  discard(url: string, held: HeldOctets): void;
  /**
   * Has the next read go back to the origin, unless the copy was obtained, or doubted before, within
   * the last `minHeldMs`. Says whether it will.
   */
  suspect(url: string, minHeldMs: number): boolean;
  /** Ends the doubt: the copy held may be reused for as long as it was fresh. */
  believe(url: string): void;
}

/** What reading octets needs. */
export interface OctetsDeps {
  readonly fetch: Fetch;
  readonly clock: () => number;
  readonly shared: SharedCopies;
  readonly refreshAhead: RefreshAhead;
}

const maxKnown = 10_000;
const maxHeldBytes = 128 * 1_024 * 1_024;
// What is derived from a document lives as long as its octets do, and weighs more than they.
const entryOverheadBytes = 16 * 1_024;

/** How a read goes about it. */
interface Manner {
  /** true when only the origin can tell, and no copy on the way to it. */
  readonly doubted: boolean;
  readonly isCurrent: () => boolean;
}

/** Reads through `fetch`, holding some 6,000 documents of the usual size. */
export function createOctets(deps: OctetsDeps): Octets {
  return new RememberedOctets(deps);
}

class RememberedOctets implements Octets {
  readonly #deps: OctetsDeps;
  readonly #copies = new LruCache<HeldOctets>({
    maxWeight: maxHeldBytes,
    weigh: (held) => held.response.body.byteLength + entryOverheadBytes,
  });
  readonly #known = new LruCache<true>({ maxWeight: maxKnown });
  readonly #doubts = new Doubts();
  readonly #reads = new TimelyReads<OctetsOutcome>({
    late: { ok: false, cause: 'timeout', detail: 'the deadline passed' },
    isLate: (outcome) => !outcome.ok && outcome.cause === 'timeout',
  });

  constructor(deps: OctetsDeps) {
    this.#deps = deps;
  }

  read(request: OctetsRequest): OctetsOutcome | Promise<OctetsOutcome> {
    const { url, deadline } = request;
    const held = this.#copies.get(url);
    const now = this.#deps.clock();
    const doubted = this.#doubts.isOpen(url);
    if (held === undefined || doubted || !isFresh(held, now)) {
      return this.#reads.read(keyOf(url, doubted), deadline, this.#workOf(request, doubted));
    }
    const { fetchedAt, reusableMs } = held;
    const serving = { copy: held, url, heldMs: now - fetchedAt, reusableMs };
    this.#deps.refreshAhead.consider(serving, (end) =>
      this.#reads.run(keyOf(url, false), this.#workOf({ ...request, deadline: end }, false)),
    );
    return { ok: true, held };
  }

  has(url: string): boolean {
    return this.#known.get(url) === true;
  }

  drop(url: string): void {
    this.#forget(url);
    this.#doubts.open(url, this.#deps.clock());
    for (const doubted of [true, false]) this.#reads.drop(keyOf(url, doubted));
  }

  peek(url: string): FetchedResponse | undefined {
    return this.#copies.peek(url)?.response;
  }

  dropBelow(prefix: string): void {
    const read = this.#reads.keys().map(urlOf);
    const urls = new Set([...this.#copies.keys(), ...read]);
    for (const url of urls) if (url.startsWith(prefix)) this.drop(url);
  }

  discard(url: string, held: HeldOctets): void {
    if (this.#copies.get(url) === held) {
      this.#forget(url);
    }
  }

  suspect(url: string, minHeldMs: number): boolean {
    const held = this.#copies.get(url);
    const at = this.#deps.clock();
    return held !== undefined && this.#doubts.raise(url, { ...held, at, minHeldMs });
  }

  believe(url: string): void {
    this.#doubts.settle(url);
  }

  #forget(url: string): void {
    this.#known.delete(url);
    this.#copies.delete(url);
    this.#deps.shared.drop(url);
  }

  // A read that was begun before a doubt arose cannot settle it: the two have keys of their own.
  #workOf(request: OctetsRequest, doubted: boolean): ReadWork<OctetsOutcome> {
    return async (isCurrent) => {
      const manner = { doubted, isCurrent };
      const copy = doubted ? undefined : await this.#readShared(request, manner);
      return copy ?? this.#readNetwork(request, manner);
    };
  }

  async #readShared(request: OctetsRequest, manner: Manner): Promise<OctetsOutcome | undefined> {
    const { url, maxBytes } = request;
    const { shared, clock } = this.#deps;
    const arrival = await shared.find(url, maxBytes);
    const before = this.#copies.get(url);
    const held = arrival === undefined ? undefined : heldOf(arrival, before);
    if (held === undefined || !isFresh(held, clock()) || !isNewer(held, before)) {
      return undefined;
    }
    if (!(await request.isKept(held.response, url))) {
      shared.drop(url);
      return undefined;
    }
    this.#hold(url, held, manner);
    return { ok: true, held };
  }

  async #readNetwork(request: OctetsRequest, manner: Manner): Promise<OctetsOutcome> {
    const { url } = request;
    const before = this.#copies.get(url);
    const fetchedAt = this.#deps.clock();
    const fetched = await fetchByDeadline(this.#deps.fetch, request, {
      // An entity tag would have a copy confirmed that was spoilt on its way.
      etag: manner.doubted ? undefined : before?.headers.get('etag'),
      revalidate: manner.doubted || before?.reusableMs === 0,
    });
    const outcome = outcomeOf(fetched, before, fetchedAt);
    if (outcome.ok && (await request.isKept(outcome.held.response, url))) {
      this.#hold(url, outcome.held, manner);
      this.#share(url, outcome.held, manner);
    }
    return outcome;
  }

  #hold(url: string, held: HeldOctets, { doubted, isCurrent }: Manner): void {
    if (!isCurrent()) {
      return;
    }
    const current = this.#copies.get(url);
    const fresh = current !== undefined && isFresh(current, this.#deps.clock());
    this.#known.set(url, true);
    if (!mayBeHeld(held.headers)) {
      this.#copies.delete(url);
    } else if (doubted || !fresh || !isNewer(current, held)) {
      // Who asked before a doubt arose may be answered after it was settled, by something older.
      this.#copies.set(url, held);
    }
    if (doubted) {
      this.#doubts.settle(url);
    }
  }

  #share(url: string, held: HeldOctets, { isCurrent }: Manner): void {
    const { response, headers, fetchedAt, reusableMs } = held;
    if (isCurrent() && mayBeShared(headers)) {
      this.#deps.shared.keep(url, { response: { ...response, headers }, fetchedAt }, reusableMs);
    }
  }
}

function isNewer(left: Dated, right: Dated | undefined): boolean {
  return right === undefined || originAtOf(left) > originAtOf(right);
}

function keyOf(url: string, doubted: boolean): string {
  return doubted ? `doubted ${url}` : url;
}

// A URL has no space.
function urlOf(key: string): string {
  return key.slice(key.lastIndexOf(' ') + 1);
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
  // RFC 9110 §15.4.5: 304 answers a conditional request only, and the copy held stays the document.
  if (response.status === 304 && before !== undefined) {
    const headers = confirmedHeaders(before.headers, response.headers);
    return { ok: true, held: { response: before.response, fetchedAt, ...freshnessOf(headers) } };
  }
  // CIMD-02 §5: any status but 200 is an error.
  return response.status === 200
    ? { ok: true, held: heldOf({ response, fetchedAt }, before) }
    : { ok: false, cause: 'status', response };
}

function heldOf({ response, fetchedAt }: Arrival, before: HeldOctets | undefined): HeldOctets {
  const same = before !== undefined && isSameDocument(before.response, response);
  return {
    response: same ? before.response : response,
    fetchedAt,
    ...freshnessOf(response.headers),
  };
}

function freshnessOf(headers: ReadonlyMap<string, string>) {
  return { headers, ageMs: ageMsOf(headers), reusableMs: reusableMsOf(headers) };
}

function isSameDocument(left: FetchedResponse, right: FetchedResponse): boolean {
  return (
    left.headers.get('content-type') === right.headers.get('content-type') &&
    left.body.byteLength === right.body.byteLength &&
    left.body.every((octet, at) => octet === right.body[at])
  );
}
