import type { IncomingMessage } from 'node:http';
import { createGunzip, type Gunzip } from 'node:zlib';

/** The whole body, decompressed, or why there is none. */
export type BodyOutcome =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly failure: 'too-large' | 'failed'; readonly detail: string };

/**
 * Reads a response's body, decompressed, and stops at the first byte beyond `maxBytes`: the cap is
 * on what comes out of the decompressor, so a small bomb is cut as early as a large body.
 */
export async function readBody(message: IncomingMessage, maxBytes: number): Promise<BodyOutcome> {
  // RFC 9110 §8.6: a declared length beyond the cap needs no reading.
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
    return { ok: false, failure: 'too-large', detail: `more than ${maxBytes} bytes are declared` };
  }
  const decoded = decode(message);
  if (decoded === undefined) {
    return { ok: false, failure: 'failed', detail: 'a content encoding that was not asked for' };
  }
  return collect(decoded, maxBytes);
}

function decode(message: IncomingMessage): IncomingMessage | Gunzip | undefined {
  const encoding = message.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') {
    return message;
  }
  if (encoding !== 'gzip') {
    return undefined;
  }
  const gunzip = createGunzip();
  message.on('error', (error) => gunzip.destroy(error));
  message.on('close', () => {
    if (!message.complete) {
      gunzip.destroy(new Error('the response ended early'));
    }
  });
  return message.pipe(gunzip);
}

// A body that drips octet by octet would otherwise weigh hundreds of times what it is.
const maxChunks = 256;

async function collect(source: IncomingMessage | Gunzip, maxBytes: number): Promise<BodyOutcome> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      length += chunk.byteLength;
      if (length > maxBytes) {
        return { ok: false, failure: 'too-large', detail: `the body exceeds ${maxBytes} bytes` };
      }
      chunks.push(chunk);
      if (chunks.length > maxChunks) chunks.splice(0, chunks.length, Buffer.concat(chunks, length));
    }
  } catch {
    return { ok: false, failure: 'failed', detail: 'the body ended early or is not gzip' };
  }
  return { ok: true, body: Buffer.concat(chunks, length) };
}
