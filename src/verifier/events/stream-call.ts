import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import { type JsonObject, type JsonValue, parseStrictJson } from '../../protocol/strict-json.ts';
import type { FetchFailure } from '../ports.ts';

/** What is sent, and the bounds of the exchange. */
export interface StreamCallOptions {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for a method that sends none. */
  readonly body: string;
  readonly maxBytes: number;
  /** Milliseconds since the epoch at which the whole exchange is given up. */
  readonly deadline: number;
  /** true for what may be sent again when its connection turns out to be closed. */
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What was answered, or why there was nothing. `body` is null when it was too long or broken. */
export type StreamCallOutcome =
  | { readonly ok: true; readonly status: number; readonly body: Uint8Array | null }
  | { readonly ok: false; readonly failure: FetchFailure; readonly detail: string };

/**
 * Calls a transmitter: `guardedPost()` of `sealwright/verifier/node`. Implementations never throw for
 * what a peer does, follow no redirect, and stop at `maxBytes`, at `deadline` and at the signal.
 */
export type StreamCall = (url: string, options: StreamCallOptions) => Promise<StreamCallOutcome>;

/** One call with a token: what is asked of a transmitter. */
export interface StreamRequest {
  readonly url: string;
  readonly method: StreamCallOptions['method'];
  readonly token: string;
  readonly body?: JsonObject;
  readonly maxBytes: number;
  readonly withinMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes the call, and gives the JSON of an answer with a status of 2xx; null where there is none.
 * Rules: `http-…` with the status, `fetch-…` with the failure, `stream-answer`.
 */
export async function callStream(
  call: StreamCall,
  request: StreamRequest,
): Promise<Parsed<JsonValue>> {
  const { url, method, token, body, maxBytes, withinMs, signal } = request;
  const type: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json' };
  const outcome = await call(url, {
    method,
    headers: { accept: 'application/json', authorization: `Bearer ${token}`, ...type },
    body: body === undefined ? '' : JSON.stringify(body),
    maxBytes,
    deadline: Date.now() + withinMs,
    // RFC 9110 §9.2.2: nothing here does more when it comes twice, but making a stream.
    repeatable: method !== 'POST',
    signal,
  });
  if (!outcome.ok) return refused('', `fetch-${outcome.failure}`, outcome.detail);
  if (outcome.status < 200 || outcome.status > 299) {
    return refused('', `http-${outcome.status}`, `answered with status ${outcome.status}`);
  }
  if (outcome.body === null) return refused('', 'stream-answer', 'the answer is too long');
  return outcome.body.byteLength === 0 ? accepted(null) : parseStrictJson(outcome.body);
}
