import type { ClientRequest, IncomingMessage } from 'node:http';
import type { FetchFailure } from '../ports.ts';
import { createDial, maxStaleConnections, wasStale } from './dial.ts';
import { AddressRefused } from './dialled-addresses.ts';
import { judgeUrl } from './fetchable-url.ts';
import { Gate } from './gate.ts';
import { type GuardedFetchOptions, readGuardOptions } from './guard-options.ts';
import { isPublicAddress } from './public-address.ts';
import { readBody } from './read-body.ts';

/** One message to send, and the bounds of the exchange. */
export interface PostOptions {
  /** `POST` unless given. */
  readonly method?: 'POST' | 'GET' | 'DELETE';
  /** Beside those that describe the body. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** The most octets of an answer that are read; what is longer is cut off and not handed over. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch at which the whole exchange is given up. */
  readonly deadline: number;
  /**
   * true for what the peer takes twice as once (RFC 9110 §9.2.2): it is sent again when the connection
   * turns out to be closed.
   */
  readonly repeatable?: boolean;
  /** Ends the exchange when it is aborted, as a failure. */
  readonly signal?: AbortSignal | undefined;
}

/** What was answered, or why there was nothing. `body` is null when it was too long or broken. */
export type PostOutcome =
  | { readonly ok: true; readonly status: number; readonly body: Uint8Array | null }
  | { readonly ok: false; readonly failure: FetchFailure; readonly detail: string };

/** Sends by POST under the same guard as `guardedFetch`. */
export interface GuardedPost {
  (url: string, options: PostOptions): Promise<PostOutcome>;
  /**
   * Why this URL would be refused as things stand, or null. A name that cannot be resolved now is
   * not refused: it is judged again, on the address that is dialled, by every call.
   */
  judge(url: string): Promise<string | null>;
}

const redirects: ReadonlySet<number> = new Set([300, 301, 302, 303, 305, 307, 308]);
const noAnswer = 'no answer over a connection that can be trusted';

/**
 * POST with the guard of `guardedFetch`: only addresses that are public at the moment they are
 * dialled (RFC 6890), https but for loopback in development, no redirect, no proxy variable, one
 * deadline. It never throws for what a peer does.
 *
 * @throws TypeError as `guardedFetch` does.
 */
export function guardedPost(options: GuardedFetchOptions = {}): GuardedPost {
  const guard = readGuardOptions(options);
  const dial = createDial(guard);
  const gate = new Gate(guard.limits);
  const post = async (text: string, asked: PostOptions): Promise<PostOutcome> => {
    const judged = judgeUrl(text, guard.allowLoopback);
    if (!judged.ok) return fail('blocked', judged.detail);
    const { url, loopback } = judged;
    if (!(await gate.enter(url.host, remainingMs(asked)))) {
      return fail('timeout', 'there was no room for the request in time');
    }
    try {
      const { headers, method = 'POST' } = asked;
      return await send(() => dial(url, loopback, { method, headers }), asked);
    } finally {
      gate.leave(url.host);
    }
  };
  const judge = async (text: string): Promise<string | null> => {
    const judged = judgeUrl(text, guard.allowLoopback);
    if (!judged.ok) return judged.detail;
    if (judged.loopback) return null;
    const addresses = await guard.resolveHost(judged.url.hostname).catch(() => []);
    const isMeant = addresses.every(({ address }) => isPublicAddress(address));
    return isMeant ? null : 'the name leads to an address that is not public';
  };
  return Object.assign(post, { judge });
}

function remainingMs({ deadline }: PostOptions): number {
  return Math.max(0, deadline - Date.now());
}

async function send(begin: () => ClientRequest, asked: PostOptions): Promise<PostOutcome> {
  const most = asked.repeatable === true ? maxStaleConnections : 0;
  for (let stale = 0; stale <= most; stale += 1) {
    const outcome = await exchange(begin(), asked);
    if (outcome !== undefined) return outcome;
  }
  return fail('failed', noAnswer);
}

/** One request to its end; undefined when its connection had lain idle and was closed meanwhile. */
function exchange(request: ClientRequest, asked: PostOptions): Promise<PostOutcome | undefined> {
  return new Promise((resolve) => {
    const settle = (outcome: PostOutcome | undefined): void => {
      clearTimeout(timer);
      asked.signal?.removeEventListener('abort', end);
      resolve(outcome);
    };
    const end = (): void => {
      settle(fail('failed', 'the exchange was given up'));
      request.destroy();
    };
    asked.signal?.addEventListener('abort', end);
    const timer = setTimeout(() => {
      settle(fail('timeout', 'the deadline passed'));
      request.destroy();
    }, remainingMs(asked));
    request.on('error', (error) => settle(wasStale(request, error) ? undefined : failureOf(error)));
    // RFC 9110 §7.8: nobody asked for another protocol.
    request.on('upgrade', (_message, socket) => {
      settle(fail('failed', noAnswer));
      socket.destroy();
    });
    request.on('response', (message) => {
      receive(message, asked.maxBytes).then((outcome) => {
        settle(outcome);
        // An answer that was not read to its end keeps its connection for as long as the peer likes.
        if (!message.complete) request.destroy();
      });
    });
    if (asked.signal?.aborted === true) end();
    else request.end(asked.body);
  });
}

async function receive(message: IncomingMessage, maxBytes: number): Promise<PostOutcome> {
  const status = message.statusCode ?? 0;
  message.on('error', () => undefined);
  if (redirects.has(status)) return fail('redirect', 'the answer is a redirect');
  // RFC 9110 §15: three digits, of which the first is one of five.
  if (status < 200 || status > 599) return fail('failed', 'the answer has no status of HTTP');
  const read = await readBody(message, maxBytes);
  return { ok: true, status, body: read.ok ? read.body : null };
}

function failureOf(error: Error): PostOutcome {
  return error instanceof AddressRefused
    ? fail('blocked', error.message)
    : fail('failed', noAnswer);
}

function fail(failure: FetchFailure, detail: string): PostOutcome {
  return { ok: false, failure, detail };
}
