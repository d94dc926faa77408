import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { env } from 'node:process';
import type { Fetch, FetchFailure, FetchOptions, FetchOutcome } from '../ports.ts';
import type { ResolveHost } from './dialled-addresses.ts';
import {
  AddressRefused,
  lookupLoopback,
  lookupPublic,
  resolveBySystem,
} from './dialled-addresses.ts';
import { judgeUrl } from './fetchable-url.ts';
import { Gate } from './gate.ts';
import { readBody } from './read-body.ts';

const userAgent = 'sealwright-verifier';
const limits = { total: 64, perName: 8 } as const;
const knownOptions: readonly string[] = ['allowLoopback', 'ca', 'resolveHost', 'environment'];
const idleSocketMs = 15_000;
const maxHeaderBytes = 16_384;
const redirects: ReadonlySet<number> = new Set([300, 301, 302, 303, 305, 307, 308]);

/** What may be set about the guarded fetch; nothing loosens it but `allowLoopback`. */
export interface GuardedFetchOptions {
  /** Reads plain http and loopback hosts (`localhost`, `*.localhost`) too. Development only. */
  readonly allowLoopback?: boolean;
  /** PEM certificates to trust instead of Node's own roots. */
  readonly ca?: string | readonly string[];
  /** Replaces the system's resolver; what it answers is still filtered. */
  readonly resolveHost?: ResolveHost;
  /** Where NODE_ENV is read; the process's environment by default. */
  readonly environment?: { readonly NODE_ENV?: string | undefined };
}

/**
 * The Fetch port for Node: refuses every address that is not public at the moment it is dialled
 * (RFC 6890, CIMD-02 §8.6), follows no redirect, sends no credentials, honours no proxy variable,
 * and ends at one deadline that covers name, connection, headers and body.
 *
 * @throws TypeError for options that are wrong or unknown, and for `allowLoopback` when NODE_ENV is
 *   `production`.
 */
export function guardedFetch(options: GuardedFetchOptions = {}): Fetch {
  const { allowLoopback = false, environment = env, resolveHost = resolveBySystem } = options;
  const stranger = Object.keys(options).find((option) => !knownOptions.includes(option));
  if (stranger !== undefined || typeof allowLoopback !== 'boolean') {
    throw new TypeError(`guardedFetch: wrong option ${stranger ?? 'allowLoopback'}`);
  }
  if (allowLoopback && environment.NODE_ENV === 'production') {
    throw new TypeError('guardedFetch: allowLoopback is refused when NODE_ENV is production');
  }
  const dial = createDial(options.ca, lookupPublic(resolveHost));
  const gate = new Gate(limits);
  const fetch = async (text: string, asked: FetchOptions): Promise<FetchOutcome> => {
    const judged = judgeUrl(text, allowLoopback);
    if (!judged.ok) {
      return fail('blocked', judged.detail);
    }
    const { url, loopback } = judged;
    if (!(await gate.enter(url.host, remainingMs(asked)))) {
      return fail('timeout', 'the deadline passed before there was room for the request');
    }
    try {
      return await exchange(dial(url, loopback, asked), asked);
    } finally {
      gate.leave(url.host);
    }
  };
  return Object.assign(fetch, { allowLoopback });
}

function remainingMs({ deadline }: FetchOptions): number {
  return Math.max(0, deadline - Date.now());
}

type Dial = (url: URL, loopback: boolean, asked: FetchOptions) => ClientRequest;

function createDial(
  ca: string | readonly string[] | undefined,
  publicLookup: ReturnType<typeof lookupPublic>,
): Dial {
  const sockets = { keepAlive: true, timeout: idleSocketMs };
  const secure = new HttpsAgent({
    ...sockets,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
  });
  const plain = new HttpAgent(sockets);
  return (url, loopback, asked) => {
    const common = {
      method: 'GET',
      headers: headersFor(asked),
      lookup: loopback ? lookupLoopback : publicLookup,
      maxHeaderSize: maxHeaderBytes,
    };
    return url.protocol === 'http:'
      ? requestHttp(url, { ...common, agent: plain })
      : requestHttps(url, { ...common, agent: secure });
  };
}

function headersFor(asked: FetchOptions): Record<string, string> {
  return {
    accept: asked.accept,
    'accept-encoding': 'gzip',
    'user-agent': userAgent,
    ...(asked.ifNoneMatch === undefined ? {} : { 'if-none-match': asked.ifNoneMatch }),
    ...(asked.revalidate === true ? { 'cache-control': 'no-cache' } : {}),
  };
}

/** One request to its end: whatever happens, it is over at the deadline and never throws. */
function exchange(request: ClientRequest, asked: FetchOptions): Promise<FetchOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: FetchOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const giveUp = () => {
      settle(fail('timeout', 'the deadline passed'));
      request.destroy();
    };
    const timer = setTimeout(giveUp, remainingMs(asked));
    request.on('error', (error) => settle(failureOf(error)));
    request.on('response', (message) => {
      receive(message, asked).then((outcome) => {
        settle(outcome);
        if (!message.complete) {
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
    return fail('redirect', `the answer is a redirect (${status})`);
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

function headersOf(message: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (typeof value === 'string') {
      headers.set(name, value);
    }
  }
  return headers;
}

function failureOf(error: Error): FetchOutcome {
  return error instanceof AddressRefused
    ? fail('blocked', error.message)
    : fail('failed', 'code' in error ? `no answer (${String(error.code)})` : 'no answer');
}

function fail(failure: FetchFailure, detail: string): FetchOutcome {
  return { ok: false, failure, detail };
}
