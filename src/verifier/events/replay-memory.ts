import { LruCache } from '../cache.ts';

const maxRemembered = 10_000;

/** Which tokens were taken before, of the last 10,000. */
export class ReplayMemory {
  readonly #seen = new LruCache<true>({ maxWeight: maxRemembered });

  /** Whether this token is new; from now on it is not. */
  isNew({ iss, jti }: { readonly iss: string; readonly jti: string }): boolean {
    // RFC 8417 §2.2: the identifier is unique for its issuer.
    const key = JSON.stringify([iss, jti]);
    const known = this.#seen.get(key) === true;
    if (!known) this.#seen.set(key, true);
    return !known;
  }
}
