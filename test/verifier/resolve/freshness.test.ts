import { describe, expect, it } from 'vitest';
import type { Did } from '../../../src/protocol/did-web.ts';
import {
  ageMsOf,
  confirmedHeaders,
  mayBeHeld,
  mayBeShared,
  reusableMsOf,
} from '../../../src/verifier/resolve/freshness.ts';
import type { HeldList, ListRequest } from '../../../src/verifier/resolve/held-list.ts';
import { reusableMsOf as reusableMsOfList } from '../../../src/verifier/resolve/held-list.ts';

const noon = 'Fri, 20 Nov 2026 12:00:00 GMT';
const minuteLater = 'Fri, 20 Nov 2026 12:01:00 GMT';
const headersOf = (headers: Readonly<Record<string, string>>) => new Map(Object.entries(headers));
const control = (value: string) => headersOf({ 'cache-control': value });

describe('how long a document may be reused', () => {
  it.each([
    ['max-age=60', 60],
    ['MAX-AGE=60', 60],
    ['public,max-age=60,must-revalidate', 60],
    ['max-age="60"', 60],
    ['max-age=60, max-age=600', 60],
    ['max-age=600, max-age=60', 600],
    ['max-age=99999999999999999999', 600],
    ['max-age=0', 5],
    ['max-age=-1', 5],
    ['max-age=1.5', 5],
    ['max-age=1e3', 5],
    ['max-age', 5],
    ['max-age = 60', 5],
    ['s-maxage=60', 5],
    ['s-maxage=500, max-age=60', 60],
    ['x-max-age=60', 5],
    ['extension="max-age=60"', 5],
    ['private, max-age=60', 60],
    ['no-store', 0],
    ['No-Store, max-age=60', 0],
    ['no-cache', 0],
    ['no-cache="set-cookie", max-age=60', 0],
    ['max-age=60 no-cache', 0],
    ['no-cached, max-age=60', 60],
    ['', 5],
  ])('under %j is %i s', (value, seconds) => {
    expect(reusableMsOf(control(value))).toBe(seconds * 1_000);
  });

  it.each([
    [
      'between Date and Expires, by the clock of the host',
      { date: noon, expires: minuteLater },
      60,
    ],
    [
      'by max-age, which beats Expires',
      { 'cache-control': 'max-age=30', date: noon, expires: minuteLater },
      30,
    ],
    [
      'by max-age even when that is none',
      { 'cache-control': 'max-age=x', date: noon, expires: minuteLater },
      5,
    ],
    ['nothing when it ended before it began', { date: minuteLater, expires: noon }, 5],
    ['nothing when Expires is no date', { date: noon, expires: '0' }, 5],
    ['nothing when Date is no date', { date: 'today', expires: minuteLater }, 5],
    ['nothing without Date', { expires: minuteLater }, 5],
    ['nothing for a day that is not', { date: noon, expires: 'Fri, 99 Foo 2026 12:01:00 GMT' }, 5],
    [
      'nothing when Date is in another form',
      { date: '2026-11-20T12:00:00Z', expires: minuteLater },
      5,
    ],
    ['nothing when Expires is in another form', { date: noon, expires: '2026-11-20T12:01:00Z' }, 5],
    ['nothing when Expires says more before', { date: noon, expires: `x ${minuteLater}` }, 5],
    ['nothing when Expires says more after', { date: noon, expires: `${minuteLater}+0000` }, 5],
    ['less its Age', { age: '20', date: noon, expires: minuteLater }, 40],
  ])('is %s', (_what, headers, seconds) => {
    expect(reusableMsOf(headersOf({ ...headers }))).toBe(seconds * 1_000);
  });
});

describe('the age of an answer', () => {
  it.each([
    ['12', 12],
    ['0', 0],
    ['12, 30', 12],
    ['-5', 0],
    ['x', 0],
    ['', 0],
  ])('of %j is %i s', (age, seconds) => {
    expect(ageMsOf(headersOf({ age }))).toBe(seconds * 1_000);
  });

  it('is nothing when nobody says it', () => {
    expect(ageMsOf(new Map())).toBe(0);
  });
});

describe('where an answer may be held', () => {
  it.each([
    ['public, max-age=60', true, true],
    ['', true, true],
    ['private', true, false],
    ['private="x-user"', true, false],
    ['no-cache', true, true],
    ['no-store', false, false],
    ['x="no-store, private"', true, true],
  ])('%j: at hand %s, shared %s', (value, held, shared) => {
    expect([mayBeHeld(control(value)), mayBeShared(control(value))]).toEqual([held, shared]);
  });
});

describe('a confirmation', () => {
  it('counts for everything about caching, and for nothing about the content', () => {
    const before = headersOf({
      'content-type': 'application/json',
      'cache-control': 'max-age=60',
      etag: '"1"',
      age: '50',
    });
    const confirmation = headersOf({
      'content-type': 'text/html',
      'cache-control': 'max-age=90',
      date: noon,
    });
    expect(Object.fromEntries(confirmedHeaders(before, confirmation))).toEqual({
      'content-type': 'application/json',
      'cache-control': 'max-age=90',
      etag: '"1"',
      date: noon,
    });
  });
});

describe('every header about caching', () => {
  it.each(['age', 'cache-control', 'date', 'etag', 'expires', 'link'])(
    'is taken from the confirmation: %s',
    (name) => {
      const confirmed = confirmedHeaders(
        headersOf({ [name]: 'old' }),
        headersOf({ [name]: 'new' }),
      );
      expect(Object.fromEntries(confirmed)).toEqual({ [name]: 'new' });
    },
  );
});

describe('how long a status list may be reused', () => {
  const at = (list: { ttlMs?: number; expiresAt?: number }, ageMs = 0): HeldList => ({
    list: {
      url: 'https://id.acme.com/status/7r',
      format: 'bitstring',
      issuer: 'did:web:id.acme.com' as Did,
      kid: 'did:web:id.acme.com#k',
      purposes: ['revocation'],
      issuedAt: 0,
      expiresAt: list.expiresAt,
      ttlMs: list.ttlMs,
      weight: 1,
      read: () => 0,
    },
    issuerDocument: { did: 'did:web:id.acme.com' as Did } as HeldList['issuerDocument'],
    response: { status: 200, headers: new Map(), body: new Uint8Array() },
    fetchedAt: 1_000_000,
    ageMs,
  });
  const day = { maxAgeMs: 86_400_000 } as ListRequest;
  const minute = { maxAgeMs: 60_000 } as ListRequest;

  it.each<[string, HeldList, ListRequest, number]>([
    ['G-16 an hour at most', at({ ttlMs: 1e12 }), day, 3_600],
    ['an hour at most without a ttl', at({}), day, 3_600],
    ['G-16 15 seconds at least', at({ ttlMs: 0 }), day, 15],
    ['its ttl', at({ ttlMs: 20_000 }), minute, 20],
    ['half the limit', at({ ttlMs: 50_000 }), minute, 30],
    ['less its age', at({ ttlMs: 20_000 }, 5_000), minute, 15],
    ['a second when it is too old', at({ ttlMs: 20_000 }, 70_000), minute, 1],
    ['up to its end', at({ ttlMs: 20_000, expiresAt: 1_003_000 }), minute, 3],
    ['a second when it has ended', at({ ttlMs: 20_000, expiresAt: 900_000 }), minute, 1],
  ])('is %s', (_what, held, request, seconds) => {
    expect(reusableMsOfList(held, request)).toBe(seconds * 1_000);
  });
});
