import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Fetch, FetchFailure, FetchOptions, FetchOutcome } from '../ports.ts';
import { createDial, type DialOrder, maxStaleConnections, wasStale } from './dial.ts';
import { AddressRefused } from './dialled-addresses.ts';
import { judgeUrl } from './fetchable-url.ts';
import { Gate } from './gate.ts';
import { type GuardedFetchOptions, readGuardOptions } from './guard-options.ts';
import { inflateAtOnce } from './inflate.ts';
import { readBody } from './read-body.ts';
import { sha256AtOnce } from './sha256.ts';

const redirects: ReadonlySet<number> = new Set([300, 301, 302, 303, 305, 307, 308]);

/**
 * The Fetch port for Node: refuses every address that is not public at the moment it is dialled
 * (RFC 6890, CIMD-02 §8.6), follows no redirect, sends no credentials, honours no proxy variable,
 * and ends at one deadline that covers the wait for a turn, name, connection, headers and body. A
 * request for which there is no room is a `timeout`. What it says of a failure is its class: no
 * address, no state of a port, nothing of what the peer sent.
 *
 * @throws TypeError for options that are wrong or unknown, and when NODE_ENV is `production` for
 *   `allowLoopback` and for NODE_TLS_REJECT_UNAUTHORIZED=0.
 */
export function guardedFetch(options: GuardedFetchOptions = {}): Fetch {
  const guard = readGuardOptions(options);
  const { allowLoopback } = guard;
  const dial = createDial(guard);
  const gate = new Gate(guard.limits);
  const fetch = async (text: string, asked: FetchOptions): Promise<FetchOutcome> => {
    const judged = judgeUrl(text, allowLoopback);
    if (!judged.ok) {
      return fail('blocked', judged.detail);
    }
    const { url, loopback } = judged;
    if (!(await gate.enter(url.host, remainingMs(asked)))) {
      return fail('timeout', 'there was no room for the request in time');
    }
    try {
      return await ask(() => dial(url, loopback, orderOf(asked)), asked);
    } finally {
      gate.leave(url.host);
    }
  };
  return Object.assign(fetch, { allowLoopback, inflate: inflateAtOnce, sha256: sha256AtOnce });
}

function orderOf(asked: FetchOptions): DialOrder {
  const headers = {
    accept: asked.accept,
    'accept-encoding': 'gzip',
    ...(asked.ifNoneMatch === undefined ? {} : { 'if-none-match': asked.ifNoneMatch }),
    ...(asked.revalidate === true ? { 'cache-control': 'no-cache' } : {}),
  };
  return { method: 'GET', headers };
}

function remainingMs({ deadline }: FetchOptions): number {
  return Math.max(0, deadline - Date.now());
}

/** Asks once more when the question did not get through, and fails when it never does. */
async function ask(dial: () => ClientRequest, asked: FetchOptions): Promise<FetchOutcome> {
  for (let stale = 0; stale <= maxStaleConnections; stale += 1) {
    const outcome = await exchange(dial(), asked);
    if (outcome !== undefined) return outcome;
  }
  return fail('failed', noAnswer);
}

/**
 * One request to its end: whatever happens, it is over at the deadline and never throws. undefined
 * when the connection had lain idle and was closed before there was an answer.
 */
function exchange(request: ClientRequest, asked: FetchOptions): Promise<FetchOutcome | undefined> {
  return new Promise((resolve) => {
    const settle = (outcome: FetchOutcome | undefined) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const giveUp = () => {
      settle(fail('timeout', 'the deadline passed'));
      request.destroy();
    };
    const timer = setTimeout(giveUp, remainingMs(asked));
    request.on('error', (error) => settle(wasStale(request, error) ? undefined : failureOf(error)));
    // RFC 9110 §7.8: nobody asked for another protocol.
    request.on('upgrade', (_message, socket) => {
      settle(fail('failed', noAnswer));
      socket.destroy();
    });
    request.on('response', (message) => {
      receive(message, asked).then((outcome) => {
        settle(outcome);
        // An answer that was not read to its end keeps its connection for as long as the peer likes.
        if (!outcome.ok || !message.complete) {
          request.destroy();
        }
      });
    });
    request.end();
  });
}

async function receive(message: IncomingMessage, asked: FetchOptions): Promise<FetchOutcome> {
  const status = message.statusCode ?? 0;
  message.on('error', () => undefined);
  if (redirects.has(status)) {
    return fail('redirect', 'the answer is a redirect');
  }
  // RFC 9110 §15: three digits, of which the first is one of five.
  if (status < 200 || status > 599) {
    return fail('failed', 'the answer has no status of HTTP');
  }
  // RFC 9110 §14.4: a 200 that says it is a part is not the document.
  if (status === 200 && message.headers['content-range'] !== undefined) {
    return fail('failed', 'a partial answer that was not asked for');
  }
  if (status !== 200) {
    message.resume();
    return { ok: true, response: { status, headers: headersOf(message), body: new Uint8Array() } };
  }
  const read = await readBody(message, asked.maxBytes);
  return read.ok
    ? { ok: true, response: { status, headers: headersOf(message), body: read.body } }
    : fail(read.failure, read.detail);
}

// RFC 9110 §5.3: a field that comes twice is a list, of which nobody may take what suits him.
function headersOf({ headersDistinct }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}

const noAnswer = 'no answer over a connection that can be trusted';

function failureOf(error: Error): FetchOutcome {
  return error instanceof AddressRefused
    ? fail('blocked', error.message)
    : fail('failed', noAnswer);
}

function fail(failure: FetchFailure, detail: string): FetchOutcome {
  return { ok: false, failure, detail };
}
