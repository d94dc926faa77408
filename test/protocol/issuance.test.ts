import { describe, expect, test } from 'vitest';
import { numericDateOf, parseIssuance, parseNumericDate } from '../../src/protocol/issuance.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';
import { issuer, jwsOf } from './samples.ts';

const noon = { validFrom: '2026-11-20T12:00:00Z', iat: 1_795_176_000 };
const weekLater = { validUntil: '2026-11-27T12:00:00Z', exp: 1_795_780_800 };

function issuanceOf(payload: JsonObject) {
  return parseIssuance(jwsOf({ issuer, ...payload }));
}

describe('parseIssuance', () => {
  test.each<[string, JsonObject]>([
    ['both ways', { ...noon, ...weekLater }],
    ['as XSD stamps alone', { validFrom: noon.validFrom, validUntil: weekLater.validUntil }],
    ['as NumericDates alone', { iat: noon.iat, exp: weekLater.exp }],
    ['as one of either', { iat: noon.iat, validUntil: weekLater.validUntil }],
  ])('reads the validity that is said %s', (_how, times) => {
    const issuance = taken(issuanceOf(times));
    expect(issuance.issuer.did).toBe('did:web:id.acme.com');
    expect(issuance.validFrom).toEqual(new Date('2026-11-20T12:00:00Z'));
    expect(issuance.validUntil).toEqual(new Date('2026-11-27T12:00:00Z'));
  });

  test('needs no end, no iss and no content type', () => {
    const jws = jwsOf({ issuer, ...noon });
    const { cty: _cty, ...header } = jws.header;
    expect(taken(parseIssuance({ ...jws, header })).validUntil).toBeUndefined();
  });

  test('needs a beginning', () => {
    expect(rulesOf(issuanceOf(weekLater))).toEqual(['/validFrom credential-time']);
  });

  test('ends after it begins, and not with it', () => {
    expect(rulesOf(issuanceOf({ ...noon, exp: 1_795_176_001 }))).toBe('ok');
    expect(rulesOf(issuanceOf({ ...noon, exp: 1_795_176_000 }))).toEqual([
      '/validUntil credential-validity',
    ]);
    expect(rulesOf(issuanceOf({ ...noon, validUntil: '2026-11-20T11:59:59Z' }))).toEqual([
      '/validUntil credential-validity',
    ]);
  });
});

test('a NumericDate is a whole number of seconds after 1970, to the end of the year 9999', () => {
  expect(parseNumericDate(1)).toEqual(new Date('1970-01-01T00:00:01Z'));
  expect(parseNumericDate(253_402_300_799)).toEqual(new Date('9999-12-31T23:59:59Z'));
  for (const value of [0, -1, 1.5, 253_402_300_800, '1', null, [1], undefined]) {
    expect(parseNumericDate(value)).toBeUndefined();
  }
});

test('an instant is written as the second that it is in', () => {
  expect(numericDateOf(new Date('2026-11-20T12:00:00.999Z'))).toBe(1_795_176_000);
});
