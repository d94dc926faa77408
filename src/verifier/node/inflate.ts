import { gunzipSync, inflateSync } from 'node:zlib';
import type { InflateAtOnce } from '../../protocol/inflate.ts';

/** What the option `info` makes of a result; the types of Node do not tell. */
interface Informed {
  readonly buffer: Uint8Array;
  /** How many octets of the input were part of the stream. */
  readonly engine: { readonly bytesWritten: number };
}

/** The inflater that the guarded fetch lends to the verifier: zlib, in this thread. */
export const inflateAtOnce: InflateAtOnce = (compressed, format, maxBytes) => {
  const inflate = format === 'gzip' ? gunzipSync : inflateSync;
  try {
    const result: unknown = inflate(compressed, { info: true, maxOutputLength: maxBytes });
    const { buffer, engine } = result as Informed;
    // zlib passes over zeros after a gzip stream, and over anything after a zlib stream.
    return engine.bytesWritten === compressed.length ? new Uint8Array(buffer) : undefined;
  } catch {
    return undefined;
  }
};
