import { readToken } from '../config/readers.ts';
import type { Secret } from '../config/secrets.ts';
import type { EventFeed } from '../sidecar/event-feed.ts';
import type { EventSource, Fetch, TrustPolicy, Verifier } from '../verifier/ports.ts';
import { usageFailure } from './failure.ts';
import { refusedAsUsage } from './guard-fetch.ts';
import { readText } from './read-file.ts';
import type { Terminal } from './terminal.ts';
import { usable } from './usable.ts';

/** What the events of a policy need. */
export interface EventFeedOrder {
  readonly policy: TrustPolicy;
  readonly verifier: Verifier;
  readonly fetch: Fetch;
  readonly terminal: Terminal;
  /** The token of every transmitter that has no file of its own. */
  readonly token: Secret<string> | undefined;
  readonly say: (line: string) => void;
}

/** The feed of the transmitters that a policy names; undefined when it names none. */
export async function openEventFeed(order: EventFeedOrder): Promise<EventFeed | undefined> {
  const { policy, verifier, fetch, say } = order;
  const { events = [] } = policy;
  if (events.length === 0) return undefined;
  const [{ EventFeed }, { guardedPost }] = await Promise.all([
    import('../sidecar/event-feed.ts'),
    import('../verifier/node/index.ts'),
  ]);
  const transmitters = await Promise.all(
    events.map(async (source) => {
      const token = await readTokenFor(source, order);
      return { source, token: () => token.reveal() };
    }),
  );
  const { allowLoopback } = fetch;
  return refusedAsUsage(() => {
    const call = guardedPost({ allowLoopback });
    return new EventFeed({ verifier, fetch, call, transmitters, say });
  });
}

async function readTokenFor(
  { transmitter, tokenFile }: EventSource,
  { token, terminal }: EventFeedOrder,
): Promise<Secret<string>> {
  if (tokenFile !== undefined) {
    const text = (await readText(tokenFile, terminal)).replace(/\r?\n$/, '');
    return usable(readToken(text), `The token in ${tokenFile}`);
  }
  if (token !== undefined) return token;
  throw usageFailure(`There is no token for the events of ${transmitter}.`, [
    'set SEALWRIGHT_EVENTS_TOKEN, or name a file with it as tokenFile in the policy',
  ]);
}
