import { compactVerify } from 'jose';
import { decodeBase64url } from '../../protocol/base64url.ts';
import type { CompactJws } from '../../protocol/compact-jws.ts';
import type { PublicJwk } from '../../protocol/jwk.ts';
import { algorithmFits } from '../../protocol/jwk.ts';
import { Derived, LruCache, SingleFlight } from '../cache.ts';

/** Verifies signatures, and remembers exactly which token verified under exactly which key. */
export interface Signatures {
  /** Whether the key made the signature; remembered when it did. */
  verify(jws: CompactJws, key: PublicJwk): boolean | Promise<boolean>;
  /** The same without remembering, for tokens that are replaced every few minutes. */
  verifyOnce(jws: CompactJws, key: PublicJwk): Promise<boolean>;
}

const maxRememberedCharacters = 32 * 1_024 * 1_024;

interface Verified {
  readonly text: string;
  readonly keyName: string;
}

/** A verifier of signatures with an empty memory. */
export function createSignatures(): Signatures {
  const verified = new LruCache<Verified>({
    maxWeight: maxRememberedCharacters,
    weigh: ({ text }) => text.length,
  });
  const flights = new SingleFlight<boolean>();
  const imported = new Derived<PublicJwk, CryptoKey>();

  async function verifyOnce(jws: CompactJws, key: PublicJwk): Promise<boolean> {
    const { alg } = jws.header;
    // RFC 8725 §3.1: the key decides which algorithm is its own, not the token.
    if (!algorithmFits(alg, key)) {
      return false;
    }
    try {
      const usable = await imported.of(key, importPublicKey);
      await compactVerify(jws.text, usable, { algorithms: [alg] });
      return true;
    } catch {
      return false;
    }
  }

  async function remember(jws: CompactJws, key: PublicJwk): Promise<boolean> {
    const valid = await verifyOnce(jws, key);
    if (valid) {
      verified.set(jws.text, { text: jws.text, keyName: nameOf(key) });
    }
    return valid;
  }

  return {
    verify(jws, key) {
      const keyName = nameOf(key);
      return verified.get(jws.text)?.keyName === keyName
        ? true
        : flights.run(`${jws.text}.${keyName}`, () => remember(jws, key));
    },
    verifyOnce,
  };
}

// The material itself: two keys with one name here are one key.
function nameOf(key: PublicJwk): string {
  return key.kty === 'EC' ? `${key.crv}.${key.x}.${key.y}` : `${key.crv}.${key.x}`;
}

const uncompressed = 4;

/**
 * The key as its bare point, which takes half the time that its JWK would: `parsePublicJwk` has
 * judged everything that the JWK says.
 */
async function importPublicKey(key: PublicJwk): Promise<CryptoKey> {
  const { subtle } = globalThis.crypto;
  const x = decodeBase64url(key.x) ?? new Uint8Array();
  if (key.kty === 'OKP') {
    return subtle.importKey('raw', x, { name: key.crv }, false, ['verify']);
  }
  // SEC 1 §2.3.3: a point that is not compressed is led by 4.
  const point = new Uint8Array(1 + 2 * x.length);
  point[0] = uncompressed;
  point.set(x, 1);
  point.set(decodeBase64url(key.y) ?? [], 1 + x.length);
  return subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: key.crv }, false, ['verify']);
}
