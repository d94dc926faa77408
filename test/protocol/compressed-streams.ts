import { constants, crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { DeflateFormat } from '../../src/protocol/inflate.ts';

/** What every stream below holds, when it holds anything. */
export const content = Uint8Array.from({ length: 16_384 }, (_, at) => (at % 97 === 0 ? at : 0));

const gzip = octets(gzipSync(content));
const zlib = octets(deflateSync(content));
const raw = octets(deflateRawSync(content));
const emptyGzip = octets(gzipSync(new Uint8Array()));
const gzipTrailer = gzip.slice(-8);

function octets(...parts: readonly (Uint8Array | readonly number[] | string)[]) {
  return new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))));
}

function altered(stream: Uint8Array, at: number, mask = 1) {
  const copy = octets(stream);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] ?? 0) ^ mask;
  return copy;
}

/** A gzip header with these flags and optional fields (RFC 1952 §2.3). */
function header(flags: number, fields: readonly number[] | string = []) {
  return octets([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], fields);
}

function withHeaderCrc(fields: Uint8Array) {
  const crc = crc32(fields);
  return octets(fields, [crc & 0xff, (crc >> 8) & 0xff]);
}

/** Streams that hold `content` and nothing else. */
export const wholeStreams: readonly (readonly [string, DeflateFormat, Uint8Array<ArrayBuffer>])[] =
  [
    ['gzip', 'gzip', gzip],
    ['gzip of stored blocks', 'gzip', octets(gzipSync(content, { level: 0 }))],
    ['gzip with fixed codes', 'gzip', octets(gzipSync(content, { strategy: constants.Z_FIXED }))],
    ['gzip that says it is text', 'gzip', octets(header(1), raw, gzipTrailer)],
    ['gzip with a header checksum', 'gzip', octets(withHeaderCrc(header(2)), raw, gzipTrailer)],
    ['gzip with an extra field', 'gzip', octets(header(4, [2, 0, 7, 7]), raw, gzipTrailer)],
    ['gzip with a file name', 'gzip', octets(header(8, 'list\0'), raw, gzipTrailer)],
    ['gzip with a comment', 'gzip', octets(header(16, 'list\0'), raw, gzipTrailer)],
    ['zlib', 'deflate', zlib],
    ['zlib of stored blocks', 'deflate', octets(deflateSync(content, { level: 0 }))],
    [
      'zlib with a window of 512 octets',
      'deflate',
      octets(deflateSync(content, { windowBits: 9 })),
    ],
  ];

/** Octets that are not exactly one stream. */
export const brokenStreams: readonly (readonly [string, DeflateFormat, Uint8Array<ArrayBuffer>])[] =
  [
    ['nothing', 'gzip', octets()],
    ['no more than a header', 'gzip', gzip.slice(0, 10)],
    ['half a stream', 'gzip', gzip.slice(0, gzip.length / 2)],
    ['no trailer', 'gzip', gzip.slice(0, -8)],
    ['half a trailer', 'gzip', gzip.slice(0, -4)],
    ['no last octet', 'gzip', gzip.slice(0, -1)],
    ['another checksum', 'gzip', altered(gzip, -8)],
    ['another length', 'gzip', altered(gzip, -4)],
    ['another length in its highest octet', 'gzip', altered(gzip, -1)],
    ['another bit in the middle', 'gzip', altered(gzip, gzip.length / 2, 8)],
    ['a zero behind', 'gzip', octets(gzip, [0])],
    ['zeros behind', 'gzip', octets(gzip, new Uint8Array(9))],
    ['64 KiB of zeros behind', 'gzip', octets(gzip, new Uint8Array(65_536))],
    ['text behind', 'gzip', octets(gzip, 'xyz')],
    ['half a magic number behind', 'gzip', octets(gzip, [0x1f])],
    ['a magic number behind', 'gzip', octets(gzip, [0x1f, 0x8b])],
    ['a header behind', 'gzip', octets(gzip, gzip.slice(0, 10))],
    ['a second member', 'gzip', octets(gzip, gzip)],
    ['a second member after a zero', 'gzip', octets(gzip, [0], gzip)],
    ['an empty second member', 'gzip', octets(gzip, emptyGzip)],
    ['a zlib stream behind', 'gzip', octets(gzip, zlib)],
    ['a zero before', 'gzip', octets([0], gzip)],
    ['another magic number', 'gzip', altered(gzip, 0)],
    ['another method', 'gzip', altered(gzip, 2)],
    ['a reserved flag', 'gzip', altered(gzip, 3, 0x20)],
    [
      'a wrong header checksum',
      'gzip',
      octets(altered(withHeaderCrc(header(2)), -1), raw, gzipTrailer),
    ],
    ['no header checksum where one is announced', 'gzip', octets(header(2), raw, gzipTrailer)],
    ['a name without an end', 'gzip', header(8, 'list')],
    ['an extra field without an end', 'gzip', octets(header(4, [255, 255]), raw, gzipTrailer)],
    ['a block of no type', 'gzip', octets(header(0), [7], gzipTrailer)],
    ['a copy of what was never there', 'gzip', octets(header(0), [3, 2, 0], gzipTrailer)],
    ['zlib in place of gzip', 'gzip', zlib],
    ['deflate without a wrapping', 'gzip', raw],
    ['nothing', 'deflate', octets()],
    ['no more than a header', 'deflate', zlib.slice(0, 2)],
    ['half a stream', 'deflate', zlib.slice(0, zlib.length / 2)],
    ['no checksum', 'deflate', zlib.slice(0, -4)],
    ['no last octet', 'deflate', zlib.slice(0, -1)],
    ['another checksum', 'deflate', altered(zlib, -1)],
    ['a zero behind', 'deflate', octets(zlib, [0])],
    ['text behind', 'deflate', octets(zlib, 'xyz')],
    ['a second stream', 'deflate', octets(zlib, zlib)],
    ['a wrong check of the header', 'deflate', altered(zlib, 1)],
    ['another method', 'deflate', octets([0x79, 0x18], zlib.slice(2))],
    ['a window of 64 KiB', 'deflate', octets([0x88, 0x1c], zlib.slice(2))],
    [
      'a preset dictionary',
      'deflate',
      octets(deflateSync(content, { dictionary: Buffer.from('abc') })),
    ],
    ['gzip in place of zlib', 'deflate', gzip],
    ['deflate without a wrapping', 'deflate', raw],
  ];
