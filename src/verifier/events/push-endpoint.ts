import { mediaType } from '../../protocol/compact-jws.ts';
import { maxJwtBytes } from '../../protocol/limits.ts';
import { securityEventType } from '../../protocol/security-event.ts';
import type { EventReceiver, Receipt } from './event-receiver.ts';

/** What a push endpoint needs. */
export interface PushEndpointOptions {
  readonly receiver: EventReceiver;
  /** What the transmitter presents as a bearer token: the stream was made with it. */
  readonly token: string;
  /** Hears of every token that came. */
  readonly onReceipt?: (receipt: Receipt) => void;
}

/** Answers one delivery by push (RFC 8935 §2). Never rejects for what is sent. */
export type PushEndpoint = (request: Request) => Promise<Response>;

/** What is answered to a delivery by push. */
export interface PushAnswer {
  readonly status: 202 | 400 | 405 | 413 | 415 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty, or JSON. */
  readonly body: string;
}

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The endpoint to which transmitters push events, for a server that speaks the Web's `Request` and
 * `Response`, such as Hono, Deno or a worker. Mount it at the URL that the stream was made with, under
 * https.
 *
 * @throws TypeError when the token is empty: whoever reaches the endpoint could send.
 */
export function createPushEndpoint(options: PushEndpointOptions): PushEndpoint {
  const { receiver, token, onReceipt } = options;
  if (typeof token !== 'string' || token === '') {
    throw new TypeError('createPushEndpoint: token must be a text');
  }
  const expected = digestOf(token);
  return async (request) => {
    const refusal = refusalOf(request.method, request.headers.get('content-type'));
    if (refusal !== undefined) return responseOf(refusal);
    const presented = bearer.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    if (!isSame(await digestOf(presented), await expected)) return responseOf(notAuthenticated);
    const set = await readText(request.body);
    if (set === undefined) return responseOf(tooLarge);
    const receipt = await receiver.receive(set);
    onReceipt?.(receipt);
    return responseOf(pushAnswer(receipt));
  };
}

/** What is wrong with a delivery before its token is looked at, if anything. */
export function refusalOf(method: string, type: string | null): PushAnswer | undefined {
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: '' };
  // RFC 8935 §2.1: the media type of a security event token.
  const isToken = mediaType((type ?? '').replace(/;.*$/s, '').trim()) === securityEventType;
  return isToken ? undefined : { status: 415, headers: {}, body: '' };
}

/** The answer to a delivery without the right bearer token (RFC 8935 §2.4). */
export const notAuthenticated = errorAnswer(
  'authentication_failed',
  'the transmitter did not present the token of this stream',
);

/** The answer to a token beyond every size that is read. */
export const tooLarge: PushAnswer = { status: 413, headers: {}, body: '' };

/** What a receipt is answered with: 202, 400 with the reason, 503 for what may come again. */
export function pushAnswer(receipt: Receipt): PushAnswer {
  if (receipt.outcome === 'refused') return errorAnswer(receipt.error, receipt.description);
  return receipt.outcome === 'accepted'
    ? { status: 202, headers: {}, body: '' }
    : { status: 503, headers: { 'retry-after': '5' }, body: '' };
}

// RFC 8935 §2.3: a JSON object with `err` and `description`, in a language that is said.
function errorAnswer(err: string, description: string): PushAnswer {
  const headers = { 'content-type': 'application/json', 'content-language': 'en' };
  return { status: 400, headers, body: JSON.stringify({ err, description }) };
}

function responseOf({ status, headers, body }: PushAnswer): Response {
  const kept = { 'cache-control': 'no-store', ...headers };
  return new Response(body === '' ? null : body, { status, headers: kept });
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  const reader = body?.getReader();
  for (;;) {
    const step = await reader?.read().catch(() => undefined);
    if (step === undefined || step.done) return text + decoder.decode();
    text += decoder.decode(step.value, { stream: true });
    if (text.length > maxJwtBytes) {
      await reader?.cancel().catch(() => undefined);
      return undefined;
    }
  }
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

// Digests are compared, so that the time tells nothing of the token.
function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((octet, at) => octet === right[at]);
}
