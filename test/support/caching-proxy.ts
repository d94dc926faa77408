import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { listenOnLoopback } from '../../src/demo/listen-https.ts';

/** How one GET was answered: from the store, after the origin confirmed the copy, or by the origin. */
export interface ProxyAnswer {
  readonly path: string;
  readonly from: 'store' | 'confirmed' | 'origin';
  /** Whole seconds, as the `Age` header said. */
  readonly ageS: number;
}

/** A shared HTTP cache in front of an origin server, as a CDN is one. */
export interface CachingProxy extends AsyncDisposable {
  /** Public http origin, without a trailing slash. */
  readonly url: string;
  /** Every GET that the cache was asked, in order. */
  readonly answers: readonly ProxyAnswer[];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer that may be reused. Times are milliseconds, instants since the epoch. */
interface Stored extends Answer {
  readonly lifetimeMs: number;
  readonly initialAgeMs: number;
  readonly receivedAt: number;
}

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Starts a shared cache on loopback for the http server at a port of 127.0.0.1. It reuses answers
 * for as long as `s-maxage` or `max-age` lets it and says their age (RFC 9111 §4.2, §5.1); an older
 * copy is confirmed by the origin first, as is any copy when the reader demands it; what it cannot
 * confirm it does not serve. `clock` gives milliseconds since the epoch.
 */
export async function startCachingProxy(
  port: number,
  clock: () => number = Date.now,
): Promise<CachingProxy> {
  const store = new Map<string, Stored>();
  const answers: ProxyAnswer[] = [];
  const proxy = createServer((request, response) => {
    const serving = isCacheable(request)
      ? serveCached({ port, store, answers, clock }, request, response)
      : passOn(port, request, response);
    serving.catch(() =>
      response.headersSent ? response.destroy() : response.writeHead(504).end(),
    );
  });
  const url = `http://localhost:${await listenOnLoopback(proxy)}`;
  return {
    url,
    answers,
    [Symbol.asyncDispose]: async () => {
      const closed = once(proxy, 'close');
      proxy.close();
      proxy.closeAllConnections();
      await closed;
    },
  };
}

// RFC 9111 §3.5: an answer to a request with credentials is nobody else's.
function isCacheable({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.authorization === undefined;
}

async function passOn(
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url: path, headers } = request;
  const outbound = requestHttp({ host: '127.0.0.1', port, method, path, headers });
  const answered = once(outbound, 'response');
  await pipeline(request, outbound);
  const [inbound] = (await answered) as [IncomingMessage];
  response.writeHead(inbound.statusCode ?? 502, endToEnd(inbound.headers));
  await pipeline(inbound, response);
}

interface Cache {
  readonly port: number;
  readonly store: Map<string, Stored>;
  readonly answers: ProxyAnswer[];
  readonly clock: () => number;
}

async function serveCached(
  cache: Cache,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  const { answer, from } = await find(cache, path, request.headers);
  const ageS = 'receivedAt' in answer ? Math.floor(ageMsOf(answer, cache.clock()) / 1_000) : 0;
  cache.answers.push({ path, from, ageS });
  const headers = { ...endToEnd(answer.headers), age: String(ageS) };
  const known = request.headers['if-none-match'];
  // RFC 9111 §4.3.2: the reader's condition is answered by the copy that would be served.
  if (answer.status === 200 && known !== undefined && known === answer.headers.etag) {
    const { 'content-length': _length, ...rest } = headers;
    response.writeHead(304, rest).end();
  } else response.writeHead(answer.status, headers).end(answer.body);
}

async function find(
  cache: Cache,
  path: string,
  asked: IncomingHttpHeaders,
): Promise<{ answer: Answer | Stored; from: ProxyAnswer['from'] }> {
  const held = cache.store.get(path);
  const now = cache.clock();
  // RFC 9111 §5.2.1.4: the reader wants to hear from the origin.
  const demanded = /\bno-cache\b/.test(asked['cache-control'] ?? '');
  if (held !== undefined && !demanded && ageMsOf(held, now) < held.lifetimeMs) {
    return { answer: held, from: 'store' };
  }
  const fetched = await ask(cache.port, path, held?.headers.etag);
  const confirmed = fetched.status === 304 && held !== undefined;
  const answer = confirmed
    ? { ...held, headers: { ...held.headers, ...fetched.headers } }
    : fetched;
  const stored = toStored(answer, { requestedAt: now, receivedAt: cache.clock() });
  if (stored === undefined) cache.store.delete(path);
  else cache.store.set(path, stored);
  return { answer: stored ?? answer, from: confirmed ? 'confirmed' : 'origin' };
}

async function ask(port: number, path: string, etag: string | undefined): Promise<Answer> {
  const condition = etag === undefined ? {} : { 'if-none-match': etag };
  const outbound = requestHttp({ host: '127.0.0.1', port, path, headers: condition });
  outbound.end();
  const [inbound] = (await once(outbound, 'response')) as [IncomingMessage];
  const body = await buffer(inbound);
  return { status: inbound.statusCode ?? 502, headers: inbound.headers, body };
}

// RFC 9111 §3: what may be stored, by a cache that many share, with a lifetime that was given.
function toStored(
  answer: Answer,
  { requestedAt, receivedAt }: { readonly requestedAt: number; readonly receivedAt: number },
): Stored | undefined {
  const control = answer.headers['cache-control'] ?? '';
  const lifetimeS = /\bs-maxage=(\d+)/.exec(control)?.[1] ?? /\bmax-age=(\d+)/.exec(control)?.[1];
  const refused = /\b(?:no-store|no-cache|private)\b/.test(control);
  if (answer.status !== 200 || refused || lifetimeS === undefined) return undefined;
  const { age = '0', date = '' } = answer.headers;
  // RFC 9111 §4.2.3: by the origin's own clock, or by what it says, whichever is more.
  const apparentMs = Math.max(0, receivedAt - (Date.parse(date) || receivedAt));
  const corrected = Number(age) * 1_000 + receivedAt - requestedAt;
  const initialAgeMs = Math.max(apparentMs, corrected);
  return { ...answer, lifetimeMs: Number(lifetimeS) * 1_000, initialAgeMs, receivedAt };
}

function ageMsOf({ initialAgeMs, receivedAt }: Stored, now: number): number {
  return initialAgeMs + (now - receivedAt);
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}
