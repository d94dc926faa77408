import { describe, expect, it } from 'vitest';
import {
  findCredentialLink,
  isCredentialMediaType,
  parseLinkHeader,
} from '../../src/protocol/link-header.ts';
import { rulesOf, taken } from './rules.ts';

const documentUrl = 'https://id.acme.com/a/billing-bot/strict/client.json';
const passportUrl = 'https://id.acme.com/a/billing-bot/strict/passport.jwt';

function linksIn(text: string) {
  return taken(parseLinkHeader(text)).map(({ target, parameters }) => [
    target,
    Object.fromEntries(parameters),
  ]);
}

describe('parseLinkHeader', () => {
  it.each<[string, unknown]>([
    ['', []],
    [' ', []],
    [',, ,', []],
    ['<a>', [['a', {}]]],
    ['<a>; rel=next', [['a', { rel: 'next' }]]],
    ['<a>;rel="next"', [['a', { rel: 'next' }]]],
    ['<a> ; REL = "Next"\t;\ttitle="x, y; <z>"', [['a', { rel: 'Next', title: 'x, y; <z>' }]]],
    ['<a>; title="say \\"hi\\" \\\\"', [['a', { title: 'say "hi" \\' }]]],
    ['<a>; rel=one; rel=two', [['a', { rel: 'one' }]]],
    ['<a>; crossorigin', [['a', { crossorigin: '' }]]],
    ["<a>; title*=UTF-8'de'n%c3%a4chstes", [['a', { 'title*': "UTF-8'de'n%c3%a4chstes" }]]],
    [
      '<a>; rel=next, <b>; rel=prev',
      [
        ['a', { rel: 'next' }],
        ['b', { rel: 'prev' }],
      ],
    ],
    [
      '<a> , , <b>,',
      [
        ['a', {}],
        ['b', {}],
      ],
    ],
  ])('takes %j apart', (text, links) => {
    expect(linksIn(text)).toStrictEqual(links);
  });

  it.each([
    'a',
    '<>',
    '<a',
    '<a b>',
    '<a\u0000>',
    '<a>;',
    '<a>; =x',
    '<a>; rel=',
    '<a>; rel="next',
    '<a>; rel="x\u0007"',
    '<a>; rel="\u{1F600}"',
    '<a> <b>',
    '<a>; rel=next <b>',
    '<a>x',
    'x, <a>',
    '<a>; rel=next; , <b>',
    '<a\\b>',
    '<a"b>',
  ])('refuses %j', (text) => {
    expect(rulesOf(parseLinkHeader(text))).toStrictEqual(['link-syntax']);
  });

  it('reads 4,096 characters and 16 links, and no more', () => {
    const padded = (length: number) => `<${'a'.repeat(length - 2)}>`;
    expect(linksIn(padded(4_096))).toHaveLength(1);
    expect(rulesOf(parseLinkHeader(padded(4_097)))).toStrictEqual(['link-length']);
    const list = (length: number) => Array.from({ length }, () => '<a>').join(',');
    expect(linksIn(list(16))).toHaveLength(16);
    expect(rulesOf(parseLinkHeader(list(17)))).toStrictEqual(['link-count']);
  });

  it('costs no more than the length of what it reads', () => {
    const hostile = [
      '<a>;'.repeat(1_024),
      `<a>${' '.repeat(4_090)}`,
      `<a>; x="${'\\'.repeat(4_080)}`,
    ].concat(`<a>;${' '.repeat(4_088)}=`, ' ,'.repeat(2_048), `<a>${'; a'.repeat(1_364)}`);
    const startedAt = performance.now();
    for (let round = 0; round < 100; round += 1) hostile.forEach(parseLinkHeader);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('findCredentialLink', () => {
  const find = (text: string | undefined, allowLoopback = false) =>
    findCredentialLink(text, { documentUrl, allowLoopback });

  it.each([
    [`<${passportUrl}>; rel="describedby"; type="application/vc+jwt"`],
    [`<${passportUrl}>; rel=describedby`],
    ['<passport.jwt>; rel="describedby"'],
    ['</a/billing-bot/strict/passport.jwt>; rel="describedby"'],
    ['<//id.acme.com/a/billing-bot/strict/passport.jwt>; rel="describedby"'],
    ['<../strict/./passport.jwt>; rel="describedby"'],
    ['<passport.jwt>; rel="alternate DescribedBy"; type="Application/VC+JWT; charset=utf-8"'],
    ['<passport.jwt>; rel="describedby", <other.jwt>; rel="describedby"'],
    ['<https://evil.example/x>; rel="alternate", <passport.jwt>; rel="describedby"'],
    [
      '<schema.json>; rel="describedby"; type="application/schema+json", <passport.jwt>; rel="describedby"',
    ],
    ['<https://evil.example/x>; rel="describedby"; anchor="#x", <passport.jwt>; rel="describedby"'],
  ])('finds the passport in %j', (text) => {
    expect(taken(find(text))).toBe(passportUrl);
  });

  it.each([
    [undefined],
    [''],
    ['<passport.jwt>'],
    ['<passport.jwt>; rel="described"'],
    ['<passport.jwt>; rel="describedby-x"'],
    ['<passport.jwt>; rel="alternate"; rel="describedby"'],
    ['<passport.jwt>; rel="describedby"; type="application/json"'],
    ['<passport.jwt>; rel="describedby"; type="application/vc+jwtx"'],
    ['<passport.jwt>; rel="describedby"; anchor="https://id.acme.com/a/other/client.json"'],
    ['<passport.jwt>; rev="describedby"'],
  ])('finds none in %j', (text) => {
    expect(taken(find(text))).toBeUndefined();
  });

  it.each([
    ['<https://evil.example/a/billing-bot/strict/passport.jwt>', 'link-origin'],
    ['<//evil.example/passport.jwt>', 'link-origin'],
    ['<https://id.acme.com:8443/a/billing-bot/strict/passport.jwt>', 'link-origin'],
    ['<http://id.acme.com/a/billing-bot/strict/passport.jwt>', 'link-origin'],
    ['<https://10.0.0.1/passport.jwt>', 'link-origin'],
    ['<https://[::1]/passport.jwt>', 'link-origin'],
    ['<data:application/vc+jwt,x>', 'link-origin'],
    ['<javascript:alert(1)>', 'link-origin'],
    ['<https:>', 'link-origin'],
    ['<https:passport.jwt>', 'link-origin'],
    ['<///evil.example/passport.jwt>', 'link-origin'],
    ['<https://user@id.acme.com/passport.jwt>', 'url-userinfo'],
    ['<passport.jwt?v=2>', 'url-query'],
    ['<passport.jwt#x>', 'url-fragment'],
    ['<a%2fb>', 'url-path'],
    ['</>', 'url-path'],
  ])('refuses to follow %s, even where another link would do', (link, rule) => {
    const text = `${link}; rel="describedby", <passport.jwt>; rel="describedby"`;
    expect(rulesOf(find(text))).toStrictEqual([rule]);
  });

  it('refuses a field that is no list of links', () => {
    expect(rulesOf(find('<passport.jwt>; rel="describedby", oops'))).toStrictEqual(['link-syntax']);
  });

  it('follows a link in development only when development is allowed', () => {
    const order = { documentUrl: 'http://localhost:8787/a/bot/strict/client.json' };
    const text = '<passport.jwt>; rel="describedby"';
    expect(rulesOf(findCredentialLink(text, order))).toStrictEqual(['url-scheme']);
    expect(taken(findCredentialLink(text, { ...order, allowLoopback: true }))).toBe(
      'http://localhost:8787/a/bot/strict/passport.jwt',
    );
  });
});

it.each([
  ['application/vc+jwt', true],
  ['Application/VC+JWT ; x=y', true],
  ['application/vc+jwts', false],
  ['application/jwt', false],
  ['text/plain, application/vc+jwt', false],
  ['', false],
])('whether %j is the type of a credential: %s', (type, is) => {
  expect(isCredentialMediaType(type)).toBe(is);
});
