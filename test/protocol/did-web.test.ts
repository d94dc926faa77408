import { describe, expect, test } from 'vitest';
import {
  clientIdBesideDid,
  didWebOf,
  didWebUrl,
  parseDidUrl,
  parseDidWeb,
} from '../../src/protocol/did-web.ts';
import { readRefusals, readVectors } from './read-vectors.ts';
import { rulesOf, taken } from './rules.ts';

const pairs = readVectors('did-web.valid.txt').map((line) => line.split(' ') as [string, string]);

describe('parseDidWeb', () => {
  test.each(pairs)('%s is at %s', (did, url) => {
    const parsed = taken(parseDidWeb(did));
    expect(parsed.did).toBe(did);
    expect(didWebUrl(parsed)).toBe(url);
    expect(didWebUrl(parsed, 'http')).toBe(url.replace('https:', 'http:'));
  });

  test('gives the parts', () => {
    expect(taken(parseDidWeb('did:web:id.acme.com%3A8443:o:acme'))).toEqual({
      did: 'did:web:id.acme.com%3A8443:o:acme',
      host: 'id.acme.com',
      port: 8443,
      path: ['o', 'acme'],
    });
    expect(taken(parseDidWeb('did:web:id.acme.com'))).toEqual({
      did: 'did:web:id.acme.com',
      host: 'id.acme.com',
      port: undefined,
      path: [],
    });
  });

  test.each(readRefusals('did-web.invalid.txt'))('$rule refuses $input', ({ rule, input }) => {
    expect(rulesOf(parseDidWeb(input))).toEqual([rule]);
  });

  test.each([undefined, null, 7, {}, ['did:web:a.example']])('refuses %s, no string', (input) => {
    expect(rulesOf(parseDidWeb(input))).toEqual(['did-type']);
  });

  test('draws the line at 512 characters', () => {
    const did = (length: number) => 'did:web:a.example:'.padEnd(length, 'b');
    expect(rulesOf(parseDidWeb(did(512)))).toBe('ok');
    expect(rulesOf(parseDidWeb(did(513)))).toEqual(['did-length']);
  });
});

describe('parseDidUrl', () => {
  test('takes a kid apart', () => {
    const kid = taken(
      parseDidUrl('did:web:id.acme.com:a:b#NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'),
    );
    expect(kid.did.did).toBe('did:web:id.acme.com:a:b');
    expect(kid.fragment).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  test.each([
    ['did:web:id.acme.com', 'did-fragment'],
    ['did:web:id.acme.com#', 'did-fragment'],
    ['#key-1', 'did-method'],
    ['did:web:id.acme.com#a#b', 'did-fragment'],
    ['did:web:id.acme.com#a b', 'did-fragment'],
    ['did:web:id.acme.com#a\u0000', 'did-fragment'],
    ['did:web:id.acme.com?versionId=1#a', 'did-path'],
    ['did:web:id.acme.com/path#a', 'did-path'],
    ['did:key:z6Mk#z6Mk', 'did-method'],
    ["' OR 1=1--", 'did-fragment'],
    ['../../etc/passwd', 'did-fragment'],
    [`did:web:id.acme.com#${'a'.repeat(10_000)}`, 'did-length'],
    [7, 'did-type'],
    [undefined, 'did-type'],
  ])('refuses %j', (kid, rule) => {
    expect(rulesOf(parseDidUrl(kid))).toEqual([rule]);
  });
});

test('a DID URL has at most 640 characters', () => {
  const url = (length: number) => `did:web:id.acme.com#`.padEnd(length, 'k');
  expect(rulesOf(parseDidUrl(url(640)))).toBe('ok');
  expect(rulesOf(parseDidUrl(url(641)))).toEqual(['did-length']);
});

describe('clientIdBesideDid', () => {
  test.each([
    ['did:web:id.acme.com:a:billing-bot', 'https://id.acme.com/a/billing-bot/client.json'],
    ['did:web:id.acme.com%3A8443:o:acme:a:b', 'https://id.acme.com:8443/o/acme/a/b/client.json'],
    ['did:web:id.acme.com:did.json', 'https://id.acme.com/did.json/client.json'],
  ])('%s stands beside %s', (did, clientId) => {
    const parsed = taken(parseDidWeb(did));
    expect(clientIdBesideDid(parsed)).toEqual({ ok: true, value: clientId });
    expect(clientIdBesideDid(parsed, 'http')).toEqual({
      ok: true,
      value: clientId.replace('https:', 'http:'),
    });
  });

  test.each(['did:web:id.acme.com', 'did:web:localhost%3A8787'])('%s has none', (did) => {
    expect(rulesOf(clientIdBesideDid(taken(parseDidWeb(did))))).toEqual(['did-organization']);
  });
});

describe('didWebOf', () => {
  test.each([
    ['https://id.acme.com', [], 'did:web:id.acme.com'],
    ['https://id.acme.com', ['a', 'billing-bot'], 'did:web:id.acme.com:a:billing-bot'],
    ['https://id.acme.com/o/acme', [], 'did:web:id.acme.com:o:acme'],
    ['https://id.acme.com/o/acme', ['a', 'b'], 'did:web:id.acme.com:o:acme:a:b'],
    ['http://localhost:8787', ['a', 'b'], 'did:web:localhost%3A8787:a:b'],
    ['https://localhost:8443/o/acme', [], 'did:web:localhost%3A8443:o:acme'],
  ])('%s %j is %s', (base, path, did) => {
    expect(didWebOf(base, path)).toBe(did);
  });

  test.each([
    ['https://id.acme.com/', []],
    ['https://127.0.0.1', []],
    ['https://id.acme.com:443', []],
    ['https://ID.acme.com', []],
    ['https://id.acme.com?x', []],
    ['ftp://id.acme.com', []],
    ['xhttps://id.acme.com', []],
    ['id.acme.com', []],
    ['https://id.acme.com', ['a/b']],
    ['https://id.acme.com', ['..']],
    ['https://id.acme.com', ['a:b%3A']],
    ['https://id.acme.com', ['']],
  ])('throws a TypeError for %s %j', (base, path) => {
    expect(() => didWebOf(base, path)).toThrow(
      new TypeError('no did:web identifier stands for this base URL and path'),
    );
  });
});
