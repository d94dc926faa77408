/** The octets of an answer with status 200, as they were fetched. */
export interface CachedResponse {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Uint8Array;
  /** When it was asked for, by the verifier's clock, in milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/**
 * A cache that several verifiers share, such as one over Redis: the second level behind the copies
 * that each of them holds in its own process. It keeps octets by URL and nothing else: no error, no
 * decision, nothing that was derived. What comes out of it is read, verified and aged exactly as if
 * the network had given it.
 *
 * **Keep it private.** Whoever can write to it is believed like a host behind a valid TLS
 * certificate. Status lists and passports are signed and hold their own, but DID documents, key sets
 * and client metadata are not: a DID document that somebody puts here brings the keys under which
 * everything else of that issuer is believed. And who can set `fetchedAt` can keep an old status
 * list alive until its own end.
 *
 * Each method may answer at once or by a promise, and operations on one URL take effect in the order
 * of their calls. A cache that throws, gives rubbish, or does not answer within 250 ms counts as
 * empty; it is never an error. The clocks of those who share it have to agree: what one of them is
 * behind by, a status list may be older than its limit.
 */
export interface ResponseCache {
  /** What was last set for exactly this URL; undefined or null when there is nothing. */
  get(url: string): CacheAnswer | Promise<CacheAnswer>;
  /**
   * Keeps a response in the place of any other of this URL. After `usefulMs` milliseconds nobody
   * wants it any more: the time to live, where the cache has such a thing.
   */
  set(url: string, response: CachedResponse, usefulMs: number): unknown;
  /** Forgets what is kept for this URL, if anything. */
  delete(url: string): unknown;
}

/** What a cache has for a URL. */
export type CacheAnswer = CachedResponse | null | undefined;
