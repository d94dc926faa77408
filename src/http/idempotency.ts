import { createHash } from 'node:crypto';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../protocol/strict-json.ts';
import type { RequestId } from '../requests/remembered-request.ts';
import type { Answer } from './answer.ts';
import { Refusal } from './refusal.ts';
import type { Call, Route } from './route.ts';

/** RFC 8941 §3.3.3 strings, and the bare text that most clients send. */
const keyPattern = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** One call as it came in: what was sent, and the key it may be sent again under. */
export interface KeyedCall {
  readonly call: Call;
  readonly raw: unknown;
  readonly tokenId: string;
  /** The `Idempotency-Key` header. */
  readonly header: string | undefined;
}

/**
 * Answers a call, once for its Idempotency-Key where it has one. A repeated answer is the same to
 * the octet, and says so in `Idempotency-Replayed`. Calls that change nothing ignore the key.
 */
export async function answerKeyed(route: Route, keyed: KeyedCall): Promise<Answer> {
  const { call, raw, tokenId, header } = keyed;
  if (header === undefined || route.method === 'GET') return route.answer(call, raw);
  const { registry } = call.ports;
  const { organizationId } = call.caller;
  const fingerprint = fingerprintOf(route, keyed);
  const { text, isReplayed } = await registry.answerOnce(
    { organizationId, tokenId, key: readKey(header), fingerprint },
    async (requestId, isResent) =>
      writeAnswer(await route.answer(asRequest(call, { requestId, isResent }), raw)),
  );
  const answer = readAnswer(text);
  if (!isReplayed) return answer;
  return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
}

function readKey(header: string): string {
  const match = keyPattern.exec(header);
  const key = match?.[1] ?? match?.[2];
  if (key !== undefined) return key;
  throw new Refusal('invalid-input', {
    detail: 'Idempotency-Key must have 1 to 255 visible characters of ASCII.',
  });
}

/** What is made under the key gets ids of this request. */
function asRequest(
  call: Call,
  attempt: { readonly requestId: RequestId; readonly isResent: boolean },
): Call {
  return { ...call, caller: { ...call.caller, ...attempt } };
}

function fingerprintOf({ method }: Route, { call, raw }: KeyedCall): string {
  const asked = [method, call.path, canonicalizeJson(raw as JsonValue)];
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
}

function writeAnswer({ status, headers, body }: Answer): string {
  return JSON.stringify({ status, headers, body });
}

function readAnswer(text: string): Answer {
  const json = parseStrictJsonObject(text);
  if (!json.ok) throw new TypeError('A kept answer is not a JSON object.');
  const { status, headers, body } = json.value;
  if (typeof status !== 'number' || !isJsonObject(headers)) {
    throw new TypeError('A kept answer has no status or no headers.');
  }
  return { status, headers: textsOf(headers), body };
}

function textsOf(headers: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
