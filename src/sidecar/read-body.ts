import type { IncomingMessage } from 'node:http';
import { maxJwtBytes } from '../protocol/limits.ts';
import { securityEventType } from '../protocol/security-event.ts';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';
import { maxBodyBytes, Refusal } from './problems.ts';

const jsonType = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
const tokenType = /^application\/secevent\+jwt\s*$/i;
/** The rest of a body that is refused is not read: the connection ends with the answer. */
const closing = { Connection: 'close' } as const;

/**
 * The JSON object in a body. Throws a `Refusal` for another media type, a body that is coded, too
 * large or not strict JSON, and one that has not arrived within `withinMs` milliseconds.
 */
export async function readBody(request: IncomingMessage, withinMs: number): Promise<JsonObject> {
  const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  if (!jsonType.test(type) || encoding !== undefined) {
    throw new Refusal('media-type-unsupported', { headers: closing });
  }
  const json = parseStrictJsonObject(await collect(request, { withinMs, maxBytes: maxBodyBytes }));
  if (json.ok) return json.value;
  throw new Refusal('body-malformed', { detail: json.faults[0]?.detail });
}

/**
 * The security event token in a body (RFC 8935 §2.1), as text. Throws a `Refusal` for another media
 * type, a body that is coded, larger than any token, or not there within `withinMs` milliseconds.
 */
export async function readToken(request: IncomingMessage, withinMs: number): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  if (!tokenType.test(type) || encoding !== undefined) {
    const detail = `declare it as application/${securityEventType}`;
    throw new Refusal('media-type-unsupported', { detail, headers: closing });
  }
  const octets = await collect(request, { withinMs, maxBytes: maxJwtBytes });
  return decodeUtf8(octets) ?? '';
}

interface Bounds {
  readonly withinMs: number;
  readonly maxBytes: number;
}

function collect(request: IncomingMessage, { withinMs, maxBytes }: Bounds): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      request.removeAllListeners('data').pause();
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new Refusal('body-late', { headers: closing }))),
      Math.max(0, withinMs),
    );
    request.on('data', (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length > maxBytes) end(() => reject(tooLarge()));
      else chunks.push(chunk);
    });
    request.once('end', () => end(() => resolve(Buffer.concat(chunks))));
    request.once('error', () =>
      end(() => reject(new Refusal('body-malformed', { headers: closing }))),
    );
  });
}

function tooLarge(): Refusal {
  return new Refusal('body-too-large', { headers: closing });
}
