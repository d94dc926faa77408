import { describe, expect, test } from 'vitest';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import { mediaType, parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { rulesOf, taken } from './rules.ts';
import { compactOf, kid } from './samples.ts';

const expectation = { maxBytes: 16_384, typ: ['vc+jwt'] };
const good = compactOf({ a: 1 });
const [header = '', payload = '', signature = ''] = good.split('.');
const encode = (text: string) => encodeBase64url(encodeUtf8(text));

function refusal(text: unknown): string | string[] {
  return rulesOf(parseCompactJws(text, expectation));
}

describe('parseCompactJws', () => {
  test('gives the parts', () => {
    expect(taken(parseCompactJws(good, expectation))).toEqual({
      text: good,
      header: { alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid },
      payloadText: '{"a":1}',
      payload: { a: 1 },
      signature: new Uint8Array(64),
    });
  });

  test('leaves cty out when there is none', () => {
    const bare = `${encode(JSON.stringify({ alg: 'EdDSA', typ: 'vc+jwt', kid }))}.${payload}.${signature}`;
    expect(taken(parseCompactJws(bare, expectation)).header).toStrictEqual({
      alg: 'EdDSA',
      typ: 'vc+jwt',
      kid,
    });
  });

  test.each(['ES256', 'Ed25519', 'EdDSA'])('accepts alg %s', (alg) => {
    expect(refusal(compactOf({}, { alg }))).toBe('ok');
  });

  test.each([
    'none',
    'None',
    'nOnE',
    'HS256',
    'RS256',
    'PS256',
    'ES256K',
    'ES384',
    'Ed448',
    'es256',
    'ES256 ',
    '',
    null,
    7,
    ['ES256'],
  ])('refuses alg %j', (alg) => {
    expect(refusal(compactOf({}, { alg }))).toEqual(['/header/alg alg-not-allowed']);
  });

  test('refuses an unsecured token by its alg, not by its missing signature', () => {
    const unsecured = `${encode('{"alg":"none"}')}.${payload}.`;
    expect(refusal(unsecured)).toEqual(['/header/alg alg-not-allowed']);
  });

  test.each([
    ['jwk', { kty: 'EC' }],
    ['jku', 'https://evil.example/jwks.json'],
    ['x5u', 'https://evil.example/x5u'],
    ['x5c', ['AA']],
    ['x5t', 'AA'],
    ['x5t#S256', 'AA'],
    ['crit', ['x']],
    ['crit', []],
    ['b64', false],
    ['zip', 'DEF'],
    ['iss', 'did:web:id.acme.com'],
    ['nonce', 'x'],
    ['toString', 'x'],
  ])('refuses the header member %s', (member, value) => {
    expect(refusal(compactOf({}, { [member]: value }))).toEqual([`/header/${member} jws-header`]);
  });

  test.each([
    ['vc+jwt', 'ok'],
    ['VC+JWT', 'ok'],
    ['application/vc+jwt', 'ok'],
    ['Application/VC+jwt', 'ok'],
    ['JWT', ['/header/typ typ-not-allowed']],
    ['at+jwt', ['/header/typ typ-not-allowed']],
    ['statuslist+jwt', ['/header/typ typ-not-allowed']],
    ['vc+ld+jwt', ['/header/typ typ-not-allowed']],
    ['text/vc+jwt', ['/header/typ typ-not-allowed']],
    ['application/vc+jwt/', ['/header/typ typ-not-allowed']],
    ['application/application/vc+jwt', ['/header/typ typ-not-allowed']],
    ['vc+application/jwt', ['/header/typ typ-not-allowed']],
    ['', ['/header/typ typ-not-allowed']],
    [null, ['/header/typ typ-not-allowed']],
    [['vc+jwt'], ['/header/typ typ-not-allowed']],
  ])('typ %j: %j', (typ, outcome) => {
    expect(refusal(compactOf({}, { typ }))).toEqual(outcome);
  });

  test.each([[''], [7], [null], ['a'.repeat(641)], [['a']]])('refuses the kid %j', (name) => {
    expect(refusal(compactOf({}, { kid: name }))).toEqual(['/header/kid jws-header']);
  });

  test('accepts a kid of 640 characters', () => {
    expect(refusal(compactOf({}, { kid: 'a'.repeat(640) }))).toBe('ok');
  });

  test.each(['alg', 'kid', 'typ'])('demands %s', (member) => {
    const { [member]: _left, ...rest } = { alg: 'ES256', typ: 'vc+jwt', kid } as Record<
      string,
      string
    >;
    const text = `${encode(JSON.stringify(rest))}.${payload}.${signature}`;
    expect(rulesOf(parseCompactJws(text, expectation))).not.toBe('ok');
  });

  test('refuses a cty that is no string', () => {
    expect(refusal(compactOf({}, { cty: 7 }))).toEqual(['/header/cty jws-header']);
  });

  test.each([
    ['two parts', `${header}.${payload}`],
    ['one part', header],
    ['nothing', ''],
    ['four parts', `${good}.${signature}`],
    ['five parts', `${good}.${signature}.${signature}`],
    ['an SD-JWT', `${good}~`],
    ['padding', `${good}==`],
    ['a line break at the end', `${good}\n`],
    [
      'a line break in the signature',
      `${header}.${payload}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
    ],
    ['a space in front', ` ${good}`],
    ['standard base64', `${header}.${payload}.${'+'.repeat(86)}`],
    ['a payload outside the alphabet', `${header}.${payload}!.${signature}`],
    ['a header outside the alphabet', `${header}!.${payload}.${signature}`],
    ['spare bits in the signature', `${header}.${payload}.${signature.slice(0, -1)}B`],
    [
      'a JSON serialization',
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
  ])('refuses %s', (_what, text) => {
    expect(refusal(text)).toEqual(['jws-format']);
  });

  test.each([undefined, null, 7, {}, [good]])('refuses %j, which is no string', (text) => {
    expect(refusal(text)).toEqual(['jws-format']);
  });

  test.each([
    ['no signature', ''],
    ['63 octets', encodeBase64url(new Uint8Array(63))],
    ['65 octets', encodeBase64url(new Uint8Array(65))],
    ['DER', encodeBase64url(new Uint8Array(71))],
  ])('refuses %s for a signature', (_what, other) => {
    expect(refusal(`${header}.${payload}.${other}`)).toEqual(['/signature jws-signature']);
  });

  test.each([
    [
      'a header that is no object',
      `${encode('[]')}.${payload}.${signature}`,
      '/header json-not-object',
    ],
    ['an empty header', `.${payload}.${signature}`, '/header json-syntax'],
    [
      'a member of the header twice',
      `${encode('{"alg":"none","alg":"ES256"}')}.${payload}.${signature}`,
      '/header json-duplicate',
    ],
    ['an empty payload', `${header}..${signature}`, '/payload json-syntax'],
    ['null for a payload', `${header}.${encode('null')}.${signature}`, '/payload json-not-object'],
    [
      'an array for a payload',
      `${header}.${encode('[]')}.${signature}`,
      '/payload json-not-object',
    ],
    [
      'a member of the payload twice',
      `${header}.${encode('{"exp":1,"exp":2}')}.${signature}`,
      '/payload json-duplicate',
    ],
    ['a byte order mark', `${header}.${encode('\ufeff{}')}.${signature}`, '/payload json-utf8'],
    [
      'octets that are not UTF-8',
      `${header}.${encodeBase64url(Uint8Array.of(0x22, 0xff, 0x22))}.${signature}`,
      '/payload json-utf8',
    ],
  ])('refuses %s', (_what, text, rule) => {
    expect(refusal(text)).toEqual([rule]);
  });

  test('draws the line at the size that is asked for', () => {
    expect(rulesOf(parseCompactJws(good, { ...expectation, maxBytes: good.length }))).toBe('ok');
    expect(rulesOf(parseCompactJws(good, { ...expectation, maxBytes: good.length - 1 }))).toEqual([
      'jws-too-large',
    ]);
  });

  test('judges the size before anything else', () => {
    expect(refusal('?'.repeat(16_385))).toEqual(['jws-too-large']);
  });
});

test.each([
  ['vc', 'vc'],
  ['Application/VC', 'vc'],
  ['text/vc', 'text/vc'],
  ['application/vc/1', 'application/vc/1'],
])('the media type %j is %j', (name, type) => {
  expect(mediaType(name)).toBe(type);
});
