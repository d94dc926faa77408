import { describe, expect, test } from 'vitest';
import { parsePublicJwk } from '../../src/protocol/jwk.ts';
import { buildJwks, parseJwks } from '../../src/protocol/jwks.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';

const ec = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

describe('buildJwks', () => {
  test('names each key and says what it is for', () => {
    const keys = [
      { kid: 'one', jwk: taken(parsePublicJwk(ec)) },
      { kid: 'two', jwk: taken(parsePublicJwk(okp)) },
    ];
    const jwks = buildJwks(keys);
    expect(jwks).toEqual({
      keys: [
        { ...ec, kid: 'one', alg: 'ES256', use: 'sig' },
        { ...okp, kid: 'two', alg: 'Ed25519', use: 'sig' },
      ],
    });
    expect(taken(parseJwks(jwks))).toEqual(keys);
  });
});

describe('parseJwks', () => {
  test('takes keys without a name, and an empty set', () => {
    expect(taken(parseJwks({ keys: [ec, okp] }))).toEqual([
      { kid: undefined, jwk: ec },
      { kid: undefined, jwk: okp },
    ]);
    expect(taken(parseJwks({ keys: [] }))).toEqual([]);
    expect(rulesOf(parseJwks({ keys: [{ ...ec, kid: 'a'.repeat(640) }] }))).toBe('ok');
  });

  test.each<[JsonValue, string]>([
    [{}, '/keys jwks-shape'],
    [{ keys: {} }, '/keys jwks-shape'],
    [[ec], '/keys jwks-shape'],
    [null, '/keys jwks-shape'],
    [{ keys: [null] }, '/keys/0 jwk-malformed'],
    [{ keys: [ec, { ...okp, d: 'AA' }] }, '/keys/1 jwk-private'],
    [{ keys: [{ kty: 'oct', k: 'AAAA' }] }, '/keys/0 jwk-private'],
    [{ keys: [ec, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }, '/keys/1/kty jwk-unsupported'],
    [
      {
        keys: [
          { ...ec, kid: 'a' },
          { ...okp, kid: 'a' },
        ],
      },
      '/keys/1/kid jwks-kid',
    ],
    [{ keys: [{ ...ec, kid: '' }] }, '/keys/0/kid jwks-kid'],
    [{ keys: [{ ...ec, kid: 7 }] }, '/keys/0/kid jwks-kid'],
    [{ keys: [{ ...ec, kid: null }] }, '/keys/0/kid jwks-kid'],
    [{ keys: [{ ...ec, kid: 'a'.repeat(641) }] }, '/keys/0/kid jwks-kid'],
  ])('refuses %j', (jwks, rule) => {
    expect(rulesOf(parseJwks(jwks))).toEqual([rule]);
  });
});
