import { describe, expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/protocol/base64url.ts';
import { sha256, sha256Base64url } from '../../src/protocol/digest.ts';
import { decodeUtf8, encodeUtf8 } from '../../src/protocol/utf8.ts';

describe('base64url', () => {
  // RFC 4648 §10, without the padding.
  test.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('%j is %j', (text, encoded) => {
    expect(encodeBase64url(encodeUtf8(text))).toBe(encoded);
    expect(decodeBase64url(encoded)).toEqual(encodeUtf8(text));
  });

  test('uses - and _ for the last two characters', () => {
    expect(encodeBase64url(Uint8Array.of(0xfb, 0xef, 0xff))).toBe('--__');
    expect(decodeBase64url('--__')).toEqual(Uint8Array.of(0xfb, 0xef, 0xff));
  });

  test.each([
    'A',
    'AAAAA',
    'Zg==',
    'Zg=',
    'Zm9v\n',
    ' Zm9v',
    'Zm 9v',
    '++//',
    'Zm9v.',
    'Zm9é',
    'Zm9\u0141',
    'Zm9\u{1f600}',
    // Spare bits that are set: second spellings of `Zg` and `Zm8`.
    'Zh',
    'Zv',
    'Zm9',
    'Zm-',
  ])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });
});

describe('UTF-8', () => {
  test.each([
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ['a lone continuation', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a truncated sequence', [0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('refuses %s', (_what, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });

  test('keeps a byte order mark that is not at the start', () => {
    expect(decodeUtf8(encodeUtf8('a\ufeffb'))).toBe('a\ufeffb');
  });
});

describe('SHA-256', () => {
  test('gives the digest of FIPS 180-4 for "abc"', async () => {
    const digest = await sha256(encodeUtf8('abc'));
    expect(Buffer.from(digest).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('takes a text for its octets', async () => {
    expect(await sha256Base64url('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
    expect(await sha256Base64url('é')).toBe(await sha256Base64url(Uint8Array.of(0xc3, 0xa9)));
  });
});
