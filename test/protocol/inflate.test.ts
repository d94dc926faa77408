import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type InflateAtOnce, inflate } from '../../src/protocol/inflate.ts';
import { inflateAtOnce } from '../../src/verifier/node/inflate.ts';
import { brokenStreams, content, wholeStreams } from './compressed-streams.ts';
import { rulesOf, taken } from './rules.ts';

const mebibyte = 1_048_576;
const compressions = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const;

/** Lends the inflater of Node, and notes how far it was asked to go and what it gave back. */
function watched() {
  const asked: [number, number | undefined][] = [];
  const lent: InflateAtOnce = (compressed, format, maxBytes) => {
    const output = inflateAtOnce(compressed, format, maxBytes);
    asked.push([maxBytes, output?.length]);
    return output;
  };
  return { asked, lent };
}

describe.each<[string, InflateAtOnce | undefined]>([
  ['by the platform', undefined],
  ['by zlib at once', inflateAtOnce],
])('a stream inflated %s', (_how, atOnce) => {
  test.each(wholeStreams)('is read as %s', async (_what, format, stream) => {
    expect(taken(await inflate(stream, format, atOnce))).toEqual(content);
  });

  test.each(brokenStreams)('is refused with %s (%s)', async (_what, format, stream) => {
    expect(rulesOf(await inflate(stream, format, atOnce))).toEqual(['status-list-encoding']);
  });

  test.each(compressions)('of %s is cut beyond 16 MiB', async (format, compress) => {
    const most = new Uint8Array(compress(new Uint8Array(16 * mebibyte)));
    expect(taken(await inflate(most, format, atOnce))).toHaveLength(16 * mebibyte);
    const over = new Uint8Array(compress(new Uint8Array(16 * mebibyte + 1)));
    expect(rulesOf(await inflate(over, format, atOnce))).toEqual(['status-list-too-large']);
  });
});

describe('an inflater that is lent', () => {
  test.each(wholeStreams)('inflates %s by itself', async (_what, format, stream) => {
    const { asked, lent } = watched();
    expect(taken(await inflate(stream, format, lent))).toEqual(content);
    expect(asked).toEqual([[mebibyte, content.length]]);
  });

  test.each(compressions)('inflates %s up to a mebibyte, and no more', async (format, compress) => {
    const { asked, lent } = watched();
    for (const length of [mebibyte, mebibyte + 1]) {
      const stream = new Uint8Array(compress(new Uint8Array(length)));
      expect(taken(await inflate(stream, format, lent))).toHaveLength(length);
    }
    expect(asked).toEqual([
      [mebibyte, mebibyte],
      [mebibyte, undefined],
    ]);
  });

  test('has no say in what is refused', async () => {
    const stream = new Uint8Array(gzipSync(content));
    expect(taken(await inflate(stream, 'gzip', () => undefined))).toEqual(content);
  });
});

describe('zlib at once', () => {
  // Several members are one stream for zlib; the reader of lists refuses them by their length.
  const refused = brokenStreams.filter(([what]) => !/^a(n empty)? second member$/.test(what));

  test.each(refused)('gives nothing for %s (%s)', (_what, format, stream) => {
    expect(inflateAtOnce(stream, format, mebibyte)).toBeUndefined();
  });

  test.each(wholeStreams)('gives octets of their own for %s', (_what, format, stream) => {
    const output = inflateAtOnce(stream, format, content.length);
    expect(output).toEqual(content);
    expect(output?.buffer.byteLength).toBe(content.length);
    expect(inflateAtOnce(stream, format, content.length - 1)).toBeUndefined();
  });
});
