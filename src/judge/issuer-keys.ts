import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { LruCache, SingleFlight } from '../verifier/cache.ts';
import type { Fetch } from '../verifier/ports.ts';
import type { KeySource } from '../workloads/workload-rule.ts';
import { type ReadKeys, readKeys } from './read-keys.ts';

const fetchDeadlineMs = 5_000;
const maxSources = 1_000;
/** Keys are kept for as long as their source says, within these bounds, in seconds. */
const keptS = { least: 60, most: 3_600, usual: 600 };
/** A source is not asked again sooner than this, whatever is presented. */
const pauseMs = 10_000;

type Keys = Extract<ReadKeys, { readonly ok: true }>;

/** What is known of a source. */
interface Held {
  /** null when nothing could ever be read. */
  readonly keys: Keys | null;
  readonly readAt: number;
  readonly triedAt: number;
  /** Why the last try failed; null when it did not. */
  readonly trouble: string | null;
}

/** The keys of a source under this name, or why nobody knows. */
export type FoundKeys =
  | { readonly ok: true; readonly keys: readonly JsonObject[] }
  | { readonly ok: false; readonly why: string };

/**
 * The published keys of issuers. They are read when they are needed, again once they are old, and for
 * a name that they do not have, so that a key which the issuer rotated in is found at once. Keys that
 * are old and cannot be read again are nobody's.
 */
export class IssuerKeys {
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #held = new LruCache<Held>({ maxWeight: maxSources });
  readonly #flights = new SingleFlight<Held>();

  constructor(fetch: Fetch, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  async find(source: KeySource, kid: string): Promise<FoundKeys> {
    const name = JSON.stringify([source.kind, source.issuer, source.jwksUri]);
    const held = this.#held.get(name);
    if (held !== undefined && this.#isEnough(held, kid)) return this.#keysIn(held, kid);
    const read = await this.#flights.run(name, () => this.#read(name, source));
    return this.#keysIn(read, kid);
  }

  #isEnough(held: Held, kid: string): boolean {
    const isKnown = this.#freshKeys(held).some((key) => key['kid'] === kid);
    return isKnown || this.#ageMs(held.triedAt) < pauseMs;
  }

  async #read(name: string, source: KeySource): Promise<Held> {
    const former = this.#held.get(name);
    const deadline = Date.now() + fetchDeadlineMs;
    const read = notBefore(former, await readKeys(this.#fetch, source, deadline));
    const triedAt = this.#clock.now().getTime();
    const held = read.ok
      ? { keys: read, readAt: triedAt, triedAt, trouble: null }
      : { keys: former?.keys ?? null, readAt: former?.readAt ?? 0, triedAt, trouble: read.why };
    this.#held.set(name, held);
    return held;
  }

  #keysIn(held: Held, kid: string): FoundKeys {
    const keys = this.#freshKeys(held).filter((key) => key['kid'] === kid);
    if (keys.length > 0 || held.trouble === null) return { ok: true, keys };
    return { ok: false, why: held.trouble };
  }

  #freshKeys({ keys, readAt }: Held): readonly JsonObject[] {
    const kept = Math.min(Math.max(keys?.maxAgeS ?? keptS.usual, keptS.least), keptS.most);
    return keys !== null && this.#ageMs(readAt) < kept * 1000 ? keys.keys : [];
  }

  /** A clock that stepped back makes everything old. */
  #ageMs(at: number): number {
    const age = this.#clock.now().getTime() - at;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }
}

// SPIFFE-TRUST-BUNDLE §4.1.1: a smaller number is an older bundle, with keys that were taken out.
function notBefore(former: Held | undefined, read: ReadKeys): ReadKeys {
  const earlier = former?.keys?.sequence ?? 0;
  const isOlder = read.ok && read.sequence !== null && read.sequence < earlier;
  return isOlder ? { ok: false, why: 'key set: an older bundle than before' } : read;
}
