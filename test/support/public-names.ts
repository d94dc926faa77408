import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Fetch } from '../../src/verifier/ports.ts';

/**
 * Reads documents of public names from loopback, as DNS would have it read them from elsewhere: for
 * servers that refuse names that are not public before anything is fetched.
 *
 * @param addresses Origins by the origins that documents name.
 */
export function fetchByPublicName(addresses: ReadonlyMap<string, string>): Fetch {
  const guarded = guardedFetch({ allowLoopback: true });
  const fetch: typeof guarded = Object.assign(
    (...[url, options]: Parameters<Fetch>) => {
      const { origin } = new URL(url);
      return guarded((addresses.get(origin) ?? origin) + url.slice(origin.length), options);
    },
    { ...guarded },
  );
  return fetch;
}
