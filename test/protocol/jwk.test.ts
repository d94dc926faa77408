import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import {
  algorithmFits,
  algorithmOf,
  jwkThumbprint,
  type PublicJwk,
  parsePublicJwk,
} from '../../src/protocol/jwk.ts';
import { rulesOf, taken } from './rules.ts';

// RFC 7517 Appendix A.1.
const ec = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
// RFC 8037 Appendix A.2.
const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

describe('parsePublicJwk', () => {
  test('gives the material members alone, frozen', () => {
    const full = { ...ec, use: 'sig', key_ops: ['verify'], alg: 'ES256', kid: '1', x5c: ['…'] };
    const parsed = taken(parsePublicJwk(full));
    expect(parsed).toEqual(ec);
    expect(Object.isFrozen(parsed)).toBe(true);
    expect(taken(parsePublicJwk({ ...okp, alg: 'EdDSA' }))).toEqual(okp);
    expect(taken(parsePublicJwk({ ...okp, alg: 'Ed25519' }))).toEqual(okp);
  });

  test('accepts the keys that node:crypto makes', () => {
    for (let i = 0; i < 50; i++) {
      for (const pair of [
        generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        generateKeyPairSync('ed25519'),
      ]) {
        const jwk = pair.publicKey.export({ format: 'jwk' });
        expect(parsePublicJwk(jwk)).toEqual({ ok: true, value: jwk });
        const both = pair.privateKey.export({ format: 'jwk' });
        expect(rulesOf(parsePublicJwk(both))).toEqual(['jwk-private']);
      }
    }
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'refuses the private member %s, whatever it holds',
    (member) => {
      expect(rulesOf(parsePublicJwk({ ...ec, [member]: null }))).toEqual(['jwk-private']);
      expect(rulesOf(parsePublicJwk({ ...okp, [member]: 'AA' }))).toEqual(['jwk-private']);
    },
  );

  test.each([
    [{ kty: 'oct', k: 'AAAA' }, 'jwk-private'],
    [{ kty: 'oct' }, '/kty jwk-unsupported'],
    [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, '/kty jwk-unsupported'],
    [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', alg: 'RS256', use: 'enc' }, '/kty jwk-unsupported'],
    [{ ...ec, crv: 'secp256k1' }, '/kty jwk-unsupported'],
    [{ ...ec, crv: 'P-384' }, '/kty jwk-unsupported'],
    [{ ...ec, crv: undefined }, '/kty jwk-unsupported'],
    [{ ...okp, crv: 'Ed448' }, '/kty jwk-unsupported'],
    [{ ...okp, crv: 'X25519' }, '/kty jwk-unsupported'],
    [{ ...ec, kty: 'OKP' }, '/kty jwk-unsupported'],
    [{ ...okp, kty: 'EC' }, '/kty jwk-unsupported'],
    [{ ...ec, kty: undefined }, '/kty jwk-malformed'],
    [{ ...ec, kty: ['EC'] }, '/kty jwk-malformed'],
    [{ ...ec, x: undefined }, '/x jwk-malformed'],
    [{ ...ec, x: 7 }, '/x jwk-malformed'],
    [{ ...ec, x: `${ec.x}=` }, '/x jwk-malformed'],
    [{ ...ec, x: ec.x.slice(1) }, '/x jwk-malformed'],
    [{ ...ec, x: `AA${ec.x}` }, '/x jwk-malformed'],
    [{ ...ec, x: `${ec.x.slice(0, 42)}5` }, '/x jwk-malformed'],
    [{ ...ec, y: undefined }, '/y jwk-malformed'],
    [{ ...ec, y: ec.y.slice(0, -1) }, '/y jwk-malformed'],
    [{ ...ec, y: ec.x }, 'jwk-malformed'],
    [{ ...ec, x: 'A'.repeat(43), y: 'A'.repeat(43) }, 'jwk-malformed'],
    [{ ...okp, x: undefined }, '/x jwk-malformed'],
    [{ ...okp, x: okp.x.slice(0, 42) }, '/x jwk-malformed'],
    [{ ...ec, use: 'enc' }, '/use jwk-use'],
    [{ ...ec, use: null }, '/use jwk-use'],
    [{ ...ec, key_ops: ['sign'] }, '/key_ops jwk-use'],
    [{ ...ec, key_ops: [] }, '/key_ops jwk-use'],
    [{ ...ec, key_ops: 'verify' }, '/key_ops jwk-use'],
    [{ ...ec, alg: 'ES384' }, '/alg jwk-alg'],
    [{ ...ec, alg: 'EdDSA' }, '/alg jwk-alg'],
    [{ ...ec, alg: null }, '/alg jwk-alg'],
    [{ ...okp, alg: 'ES256' }, '/alg jwk-alg'],
    [null, 'jwk-malformed'],
    [undefined, 'jwk-malformed'],
    ['{}', 'jwk-malformed'],
    [[ec], 'jwk-malformed'],
    [{}, '/kty jwk-malformed'],
  ])('refuses %j', (jwk, rule) => {
    expect(rulesOf(parsePublicJwk(jwk))).toEqual([rule]);
  });

  test('refuses coordinates that are not reduced modulo the field', () => {
    // The P-256 points with x = 0 and x = 5, and x + p: congruent, and so on the curve.
    const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const octets = (value: bigint) =>
      encodeBase64url(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
    for (const x of [0n, 5n]) {
      const y = octets(squareRootAt(x, prime));
      const point = { kty: 'EC', crv: 'P-256', x: octets(x), y };
      expect(rulesOf(parsePublicJwk(point))).toBe('ok');
      expect(rulesOf(parsePublicJwk({ ...point, x: octets(x + prime) }))).toEqual([
        'jwk-malformed',
      ]);
    }
  });

  test('refuses a coordinate with an octet too many, although it is the same number', () => {
    const padded = (text: string, before: number, after: number) =>
      encodeBase64url(
        Buffer.concat([Buffer.alloc(before), Buffer.from(text, 'base64url'), Buffer.alloc(after)]),
      );
    expect(rulesOf(parsePublicJwk({ ...ec, x: padded(ec.x, 1, 0) }))).toEqual(['/x jwk-malformed']);
    expect(rulesOf(parsePublicJwk({ ...ec, y: padded(ec.y, 1, 0) }))).toEqual(['/y jwk-malformed']);
    expect(rulesOf(parsePublicJwk({ ...okp, x: padded(okp.x, 0, 1) }))).toEqual([
      '/x jwk-malformed',
    ]);
  });

  test('refuses the second spelling of a y coordinate that is small', () => {
    // The P-256 point with y = 5, and y + p: congruent, and so on the curve.
    const point = { ...ec, x: '1zJddkbNYNgKknOM6zRfhEz_rzWEECLKsXb2kt6N4dc' };
    const reduced = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAU';
    const congruent = '_____wAAAAEAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAQ';
    expect(rulesOf(parsePublicJwk({ ...point, y: reduced }))).toBe('ok');
    expect(rulesOf(parsePublicJwk({ ...point, y: congruent }))).toEqual(['jwk-malformed']);
  });

  test('takes an Ed25519 key exactly when a point has its y coordinate', () => {
    const prime = 2n ** 255n - 19n;
    const takes = (y: bigint) => {
      const octets = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
      return parsePublicJwk({ ...okp, x: encodeBase64url(octets) }).ok;
    };
    const sign = 2n ** 255n;
    for (const y of [3n, 4n, 5n, 6n, 9n, 10n, prime - 3n, 2n ** 254n + 1n]) {
      expect([y, takes(y), takes(y + sign)]).toEqual([y, true, true]);
    }
    for (const y of [2n, 7n, 8n, 11n, 12n, 13n, prime - 2n, 2n ** 254n]) {
      expect([y, takes(y), takes(y + sign)]).toEqual([y, false, false]);
    }
  });

  // The eight points of small order in their canonical encodings, either sign of x, and p and p + 1,
  // which are second encodings of two of them.
  test.each([
    ['order 1', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['order 1, negative', '0100000000000000000000000000000000000000000000000000000000000080'],
    ['order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['order 4, negative', '0000000000000000000000000000000000000000000000000000000000000080'],
    ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['order 8, negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['order 8, other', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    [
      'order 8, other, negative',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    ],
    ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['2^255 - 1', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ])('refuses the Ed25519 point of %s', (_what, hex) => {
    const x = encodeBase64url(Buffer.from(hex, 'hex'));
    expect(rulesOf(parsePublicJwk({ ...okp, x }))).toEqual(['/x jwk-malformed']);
  });
});

/** The even y of the P-256 point with this x; p is 3 modulo 4. */
function squareRootAt(x: bigint, prime: bigint): bigint {
  const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
  const square = (x * x * x - 3n * x + b) % prime;
  let root = 1n;
  for (let power = square, exponent = (prime + 1n) / 4n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) root = (root * power) % prime;
    power = (power * power) % prime;
  }
  return root;
}

describe('algorithms', () => {
  test('one key has one algorithm', () => {
    expect(algorithmOf(ec as PublicJwk)).toBe('ES256');
    expect(algorithmOf(okp as PublicJwk)).toBe('Ed25519');
  });

  test.each([
    ['ES256', true, false],
    ['Ed25519', false, true],
    ['EdDSA', false, true],
    ['es256', false, false],
    ['ES384', false, false],
    ['none', false, false],
    ['', false, false],
  ])('%s fits P-256: %s, Ed25519: %s', (alg, fitsEc, fitsOkp) => {
    expect(algorithmFits(alg, ec as PublicJwk)).toBe(fitsEc);
    expect(algorithmFits(alg, okp as PublicJwk)).toBe(fitsOkp);
  });
});

describe('jwkThumbprint', () => {
  test('gives the thumbprint of RFC 8037 Appendix A.3', async () => {
    expect(await jwkThumbprint(okp as PublicJwk)).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
  });

  test('agrees with jose', async () => {
    expect(await jwkThumbprint(ec as PublicJwk)).toBe(
      'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
    );
    expect(await calculateJwkThumbprint(ec)).toBe('cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s');
  });

  test('is computed once for a frozen key, and anew for one that may change', async () => {
    const frozen = taken(parsePublicJwk(okp));
    expect(jwkThumbprint(frozen)).toBe(jwkThumbprint(frozen));
    const loose = { ...okp } as PublicJwk & { x: string };
    const before = await jwkThumbprint(loose);
    loose.x = encodeBase64url(new Uint8Array(32).fill(9));
    expect(await jwkThumbprint(loose)).not.toBe(before);
  });
});
