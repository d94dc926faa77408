import type { Response } from 'express';
import type { Clock } from '../kernel/clock.ts';
import { Refusal } from './refusal.ts';

const windowS = 60;
const mostCallers = 10_000;
/** Requests without a usable token that one address may send in a minute. */
const mostStrangersRequests = 600;

interface Bucket {
  left: number;
  /** Milliseconds of the clock. */
  filledAt: number;
}

/** What limits are kept with. */
export interface RateLimitsDeps {
  readonly clock: Clock;
  /** Requests that one token may send in a minute; null for no limit. */
  readonly perMinute: number | null;
}

/**
 * How many requests a caller may send: a bucket for each token, and one for each address that shows
 * no usable token. Buckets fill evenly; those of the callers seen longest ago are given up first. The
 * address is that of the connection, which no header can change.
 */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();
  readonly #deps: RateLimitsDeps;

  constructor(deps: RateLimitsDeps) {
    this.#deps = deps;
  }

  /** Counts a request of a token and tells what is left; throws `too-many-requests` for one too many. */
  countToken(tokenId: string, response: Response): void {
    const { perMinute } = this.#deps;
    if (perMinute === null) return;
    const left = this.#take(`token ${tokenId}`, perMinute);
    response.set(headersOf('token', perMinute, left));
    if (left < 0) throw tooMany(perMinute, left);
  }

  /** Counts a request without a usable token; throws `too-many-requests` for one too many. */
  countStranger(address: string): void {
    const left = this.#take(`address ${address}`, mostStrangersRequests);
    if (left < 0) throw tooMany(mostStrangersRequests, left);
  }

  /** Whole requests left after this one; negative, as a fraction, when there was none for it. */
  #take(caller: string, most: number): number {
    const now = this.#deps.clock.now().getTime();
    const bucket = this.#buckets.get(caller) ?? { left: most, filledAt: now };
    // A clock that steps back fills nothing.
    const passedS = Math.max(0, now - bucket.filledAt) / 1000;
    const filled = Math.min(most, bucket.left + (passedS * most) / windowS);
    const left = filled >= 1 ? filled - 1 : filled;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { left, filledAt: now });
    this.#forgetOldest();
    return filled >= 1 ? Math.floor(left) : filled - 1;
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= mostCallers) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}

/** draft-ietf-httpapi-ratelimit-headers §3 and §4: the policy, and what is left of it. */
function headersOf(policy: string, most: number, left: number): Readonly<Record<string, string>> {
  const rest = Math.max(0, left);
  const fullInS = Math.ceil(((most - rest) * windowS) / most);
  return {
    'RateLimit-Policy': `"${policy}";q=${most};w=${windowS}`,
    RateLimit: `"${policy}";r=${rest};t=${fullInS}`,
  };
}

function tooMany(most: number, left: number): Refusal {
  const waitS = Math.max(1, Math.ceil((-left * windowS) / most));
  return new Refusal('too-many-requests', { headers: { 'Retry-After': String(waitS) } });
}
