import type {
  Fetch,
  FetchedResponse,
  FetchOptions,
  FetchOutcome,
} from '../../../src/verifier/ports.ts';

/** A Fetch through a shared cache, and how often that cache asked the origin. */
export interface CachingProxy extends Fetch {
  readonly forwarded: string[];
}

interface Copy {
  readonly response: FetchedResponse;
  readonly storedAt: number;
}

/**
 * A shared cache on the way (RFC 9111): answers from its copy for as long as that is fresh, says how
 * old it is, confirms by entity tag, and goes back to the origin when it is asked to.
 */
export function createCachingProxy(origin: Fetch, clock: () => number): CachingProxy {
  const copies = new Map<string, Copy>();
  const forwarded: string[] = [];
  const fetch = async (url: string, options: FetchOptions): Promise<FetchOutcome> => {
    const copy = copies.get(url);
    if (copy !== undefined && options.revalidate !== true && isFresh(copy, clock())) {
      return answer(copy, options, clock());
    }
    forwarded.push(url);
    const { ifNoneMatch: _none, ...unconditional } = options;
    const outcome = await origin(url, unconditional);
    if (!outcome.ok || outcome.response.status !== 200) {
      return outcome;
    }
    const stored = { response: outcome.response, storedAt: clock() };
    copies.set(url, stored);
    return answer(stored, options, clock());
  };
  return Object.assign(fetch, { allowLoopback: origin.allowLoopback, forwarded });
}

function isFresh({ response, storedAt }: Copy, now: number): boolean {
  const [, seconds = '0'] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? [];
  return now - storedAt < Number(seconds) * 1_000;
}

function answer(
  { response, storedAt }: Copy,
  { ifNoneMatch }: FetchOptions,
  now: number,
): FetchOutcome {
  const age = String(Math.floor((now - storedAt) / 1_000));
  const headers = new Map([...response.headers, ['age', age]]);
  const same = ifNoneMatch !== undefined && ifNoneMatch === headers.get('etag');
  return same
    ? { ok: true, response: { status: 304, headers, body: new Uint8Array() } }
    : { ok: true, response: { ...response, headers } };
}
