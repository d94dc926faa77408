import type { IncomingMessage } from 'node:http';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { maxBodyBytes, Refusal } from './problems.ts';

const jsonType = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
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
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const json = parseStrictJsonObject(await collect(request, withinMs));
  if (json.ok) return json.value;
  throw new Refusal('body-malformed', { detail: json.faults[0]?.detail });
}

function collect(request: IncomingMessage, withinMs: number): Promise<Uint8Array> {
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
      if (length > maxBodyBytes) end(() => reject(tooLarge()));
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
