import fc from 'fast-check';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';

/** One octet put in the place of another, taken away, or put in between. */
export interface Mutation {
  readonly kind: 'replace' | 'remove' | 'insert';
  /** Where, from 0 at the beginning to 1 at the end. */
  readonly at: number;
  readonly octet: number;
}

const octet = fc.oneof(
  fc.nat(255),
  fc.constantFrom(...encodeUtf8('AZaz09-_=+/. \n\t~"\\{}[]:,#dxy1')),
);

/** Any one change to some octets. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'insert'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  octet,
});

/** The octets after a mutation; the octets that went in are left alone. */
export function mutate(octets: Uint8Array, { kind, at, octet }: Mutation): Uint8Array {
  const index = Math.floor(at * octets.length);
  const inserted = kind === 'remove' ? [] : [octet];
  const rest = octets.subarray(kind === 'insert' ? index : index + 1);
  return Uint8Array.of(...octets.subarray(0, index), ...inserted, ...rest);
}

/** The JSON value in some octets; undefined when there is none. */
export function jsonIn(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch {
    return undefined;
  }
}
