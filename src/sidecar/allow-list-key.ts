import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';
import { type EcPublicJwk, jwkThumbprint, parsePublicJwk } from '../protocol/jwk.ts';
import { accepted, type Parsed, refused } from '../protocol/parsed.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';

/** A key that signs allow-lists, with its public half. */
export interface AllowListKey {
  readonly jwk: EcPublicJwk;
  /** The RFC 7638 thumbprint of the key. */
  readonly kid: string;
  /** The signature over a text, as a JWS wants it (RFC 7518 §3.4). */
  readonly sign: (text: string) => Buffer;
}

/** Reads a private P-256 key in the form of a JWK. Nothing of it is in what is said about a fault. */
export async function parseAllowListKey(text: string): Promise<Parsed<AllowListKey>> {
  const json = parseStrictJsonObject(text);
  if (!json.ok) return notAKey;
  const { kty, crv, x, y, d } = json.value;
  const jwk = parsePublicJwk({ kty, crv, x, y } as object);
  if (!jwk.ok || jwk.value.kty !== 'EC' || typeof d !== 'string') return notAKey;
  const key = privateKeyOf({ ...jwk.value, d });
  if (key === undefined || !belongTogether(key, jwk.value)) return notAKey;
  return accepted({
    jwk: jwk.value,
    kid: await jwkThumbprint(jwk.value),
    sign: (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  });
}

const notAKey = refused('', 'allow-list-key', 'must hold a private P-256 key as a JWK');

function privateKeyOf(jwk: EcPublicJwk & { readonly d: string }): KeyObject | undefined {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function belongTogether(key: KeyObject, jwk: EcPublicJwk): boolean {
  const proof = Buffer.from('these belong together');
  try {
    return verify('sha256', proof, { key: { ...jwk }, format: 'jwk' }, sign('sha256', proof, key));
  } catch {
    return false;
  }
}
