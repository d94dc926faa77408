import { importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/protocol/base64url.ts';
import { parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { type PublicJwk, parsePublicJwk } from '../../src/protocol/jwk.ts';
import { maxJwtBytes } from '../../src/protocol/limits.ts';
import { createSignatures } from '../../src/verifier/resolve/signatures.ts';
import { readVectors } from '../protocol/read-vectors.ts';
import { rulesOf, taken } from '../protocol/rules.ts';
import { compactOf } from '../protocol/samples.ts';
import {
  type Group,
  judge,
  readGroups,
  type Vector,
  wycheproofIsHere,
} from './support/wycheproof.ts';

type Judged = Vector & Awaited<ReturnType<typeof judge>>;

/** How many of the cases each thing was said about. */
function count(said: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of said) counts[each] = (counts[each] ?? 0) + 1;
  return counts;
}

const files = [
  [
    'json_web_signature',
    401,
    {
      'valid: verified': 2,
      'valid: algorithm not offered': 42,
      'valid: no compact JWS': 2,
      'invalid: not verified': 28,
      'invalid: no key of this name': 1,
      'invalid: no key set': 2,
      'invalid: algorithm not offered': 288,
      'invalid: no compact JWS': 36,
    },
  ],
  [
    'json_web_key',
    26,
    {
      'valid: algorithm not offered': 5,
      'invalid: no key set': 6,
      'invalid: algorithm not offered': 15,
    },
  ],
  [
    'json_web_crypto',
    83,
    {
      'valid: verified': 1,
      'valid: algorithm not offered': 3,
      'valid: no compact JWS': 2,
      'invalid: not verified': 5,
      'invalid: no key of this name': 1,
      'invalid: algorithm not offered': 15,
      'invalid: no compact JWS': 56,
    },
  ],
] as const;

const kindOf = (signature: string) =>
  signature.endsWith('is not offered')
    ? 'algorithm not offered'
    : signature.replace(/^no key set: .*/, 'no key set');

describe.skipIf(!wycheproofIsHere).each(files)('Wycheproof %s, %i cases', (file, total, counts) => {
  const judged: Judged[] = [];

  beforeAll(async () => {
    for (const { tests, ...group } of readGroups(file)) {
      const keys = group.public ?? group.private ?? null;
      for (const test of tests) {
        judged.push({ ...test, ...(await judge(test.jws ?? test.jwe, keys)) });
      }
    }
  });

  it('D-28, credentials:ALG-04: has no case that is accepted and should not be', () => {
    expect(judged).toHaveLength(total);
    const wrong = judged.filter(
      ({ result, profile, signature }) =>
        result === 'invalid' && (profile === 'ok' || signature === 'verified'),
    );
    expect(wrong.map(({ tcId, comment }) => `${tcId} ${comment}`)).toEqual([]);
  });

  it('D-28 has cases that are refused and need not be, each of them listed with its reason', () => {
    const refused = judged
      .filter(({ result, profile }) => result === 'valid' && profile !== 'ok')
      .map(({ tcId, profile, signature }) => `${file} ${tcId} ${profile}: ${signature}`);
    const listed = readVectors('wycheproof.refused.txt');
    expect(refused).toEqual(listed.filter((line) => line.startsWith(`${file} `)));
  });

  it('D-28 is judged by its signature wherever the algorithm is offered', () => {
    const said = judged.map(({ result, signature }) => `${result}: ${kindOf(signature)}`);
    expect(count(said)).toEqual(counts);
  });
});

const rawFiles = [
  ['ed25519', 151, { key: edwardsKey, alg: 'Ed25519', valid: 88, unequal: 12 }],
  ['ecdsa_secp256r1_sha256_p1363', 262, { key: primeKey, alg: 'ES256', valid: 173, unequal: 21 }],
] as const;

function edwardsKey({ publicKey }: Group): unknown {
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlOf(publicKey.pk) };
}

function primeKey({ publicKey: { wx, wy } }: Group): unknown {
  const [x, y] = [wx, wy].map((digits) => base64urlOf(digits.slice(-64).padStart(64, '0')));
  return { kty: 'EC', crv: 'P-256', x, y };
}

function base64urlOf(hex: string): string {
  return encodeBase64url(new Uint8Array(Buffer.from(hex, 'hex')));
}

/** A token of ours with the signature of a vector. */
function tokenWith(signature: string, alg: string): string {
  return `${compactOf({}, { alg }).split('.').slice(0, 2).join('.')}.${base64urlOf(signature)}`;
}

// No message of these files is the signing input of a JWS, so their signatures are verified by the
// call that stands behind ours: the key as our parser gives it, imported by jose, and WebCrypto.
describe.skipIf(!wycheproofIsHere).each(rawFiles)('Wycheproof %s, %i cases', (file, total, of) => {
  const { key, alg, valid, unequal } = of;
  const cases: (Vector & { readonly jwk: PublicJwk })[] = [];

  beforeAll(() => {
    for (const group of readGroups(file)) {
      const jwk = taken(parsePublicJwk(key(group)));
      cases.push(...group.tests.map((test) => ({ ...test, jwk })));
    }
  });

  const wellSized = () => cases.filter(({ sig }) => sig.length === 128);

  it('D-28, D-13: has signatures of another length, which are refused unseen', () => {
    expect(cases).toHaveLength(total);
    const others = cases.filter((each) => !wellSized().includes(each));
    expect(others).toHaveLength(unequal);
    for (const { tcId, sig, result } of others) {
      const parsed = parseCompactJws(tokenWith(sig, alg), {
        maxBytes: maxJwtBytes,
        typ: ['vc+jwt'],
      });
      expect([tcId, result, rulesOf(parsed)]).toEqual([
        tcId,
        'invalid',
        ['/signature jws-signature'],
      ]);
    }
  });

  it('D-28, D-11: has no other result, in one direction or the other', async () => {
    const verified: number[] = [];
    for (const { tcId, jwk, msg, sig, result } of wellSized()) {
      const imported = await importJWK({ ...jwk }, alg);
      if (imported instanceof Uint8Array) throw new TypeError('a public key is no secret');
      const algorithm = alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: alg };
      const [signature, message] = [Buffer.from(sig, 'hex'), Buffer.from(msg, 'hex')];
      const holds = await globalThis.crypto.subtle.verify(algorithm, imported, signature, message);
      expect([tcId, holds ? 'valid' : 'invalid']).toEqual([tcId, result]);
      if (holds) verified.push(tcId);
    }
    expect(verified).toHaveLength(valid);
  });

  it('D-28, D-11: has no signature that our own function takes for one of another message', async () => {
    const signatures = createSignatures();
    for (const { tcId, jwk, sig } of wellSized()) {
      const jws = parseCompactJws(tokenWith(sig, alg), { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
      expect([tcId, await signatures.verifyOnce(taken(jws), jwk)]).toEqual([tcId, false]);
    }
  });

  it('D-28 has no message that is the signing input of a token', () => {
    const inputs = cases.filter(({ msg }) =>
      /^[\w-]+\.[\w-]*$/.test(Buffer.from(msg, 'hex').toString('latin1')),
    );
    expect(inputs).toEqual([]);
  });
});
