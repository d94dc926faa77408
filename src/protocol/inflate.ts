import { maxInflatedStatusBytes } from './limits.ts';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';

/** The two wrappings of deflate that status lists use: gzip (RFC 1952) and zlib (RFC 1950). */
export type DeflateFormat = 'gzip' | 'deflate';

type Octets = Uint8Array<ArrayBuffer>;

/**
 * Inflates at once what is exactly one compressed stream of at most `maxBytes`; undefined for
 * anything else. A host lends one to spare its process the platform's stream, which costs more than
 * the rest of a verification. It has no say in what is refused: what it does not inflate is judged
 * by the platform's stream.
 */
export type InflateAtOnce = (
  compressed: Uint8Array,
  format: DeflateFormat,
  maxBytes: number,
) => Octets | undefined;

/** Longer lists are inflated piece by piece, so that other work has its turn in between. */
const maxBytesAtOnce = 1_048_576;

/** Compresses octets. */
export async function deflate(bytes: Octets, format: DeflateFormat): Promise<Octets> {
  const chunks: Octets[] = [];
  for await (const chunk of readChunks(new CompressionStream(format), bytes)) chunks.push(chunk);
  return joinChunks(chunks);
}

/**
 * Inflates one compressed stream that fills its input exactly. Stops as soon as more than
 * `maxInflatedStatusBytes` come out (`status-list-too-large`); refuses what is truncated, altered
 * or followed by anything (`status-list-encoding`). `atOnce` makes it faster, never different.
 */
export async function inflate(
  bytes: Octets,
  format: DeflateFormat,
  atOnce?: InflateAtOnce,
): Promise<Parsed<Octets>> {
  const quick = atOnce?.(bytes, format, maxBytesAtOnce);
  const whole = quick === undefined ? await inflateByStream(bytes, format) : accepted(quick);
  return whole.ok && format === 'gzip' && !hasOneMember(bytes, whole.value) ? notAStream() : whole;
}

async function inflateByStream(bytes: Octets, format: DeflateFormat): Promise<Parsed<Octets>> {
  const whole = await inflateAny(bytes, format);
  if (!whole.ok) return whole;
  // Some runtimes ignore what follows the stream; then the stream is whole without the last octet.
  const shorter = await inflateAny(bytes.subarray(0, -1), format);
  return shorter.ok ? notAStream() : whole;
}

// RFC 1952 §2.3.1: the last four octets tell the length of the last member. Some runtimes read on
// through several members, and others refuse them.
function hasOneMember(gzip: Octets, output: Octets): boolean {
  return (
    new DataView(gzip.buffer, gzip.byteOffset).getUint32(gzip.length - 4, true) === output.length
  );
}

async function inflateAny(bytes: Octets, format: DeflateFormat): Promise<Parsed<Octets>> {
  const chunks: Octets[] = [];
  let length = 0;
  try {
    for await (const chunk of readChunks(new DecompressionStream(format), bytes)) {
      length += chunk.length;
      if (length > maxInflatedStatusBytes) {
        return refused('', 'status-list-too-large', 'inflates beyond what is read');
      }
      chunks.push(chunk);
    }
  } catch {
    return notAStream();
  }
  return accepted(joinChunks(chunks));
}

function readChunks(
  transform: CompressionStream | DecompressionStream,
  bytes: Octets,
): ReadableStream<Octets> {
  return new Blob([bytes]).stream().pipeThrough(transform);
}

function joinChunks(chunks: readonly Octets[]): Octets {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function notAStream(): Refused {
  return refused('', 'status-list-encoding', 'not exactly one compressed stream');
}
