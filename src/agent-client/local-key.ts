import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK, SignJWT } from 'jose';
import type { AssertionKey } from './assertion.ts';

/** A key in the agent's hands, with what the assertions that it signs say of it. */
export interface LocalKey extends AssertionKey {
  /** The name in the agent's published key set: the thumbprint (RFC 7638), unless the JWK has one. */
  readonly kid: string;
  readonly algorithm: string;
}

/**
 * A key from its private JWK: P-256, or Ed25519. Its private half cannot be read out of what is
 * returned.
 *
 * @throws TypeError for anything else, in words that hold nothing of it.
 */
export async function createLocalKey(jwk: unknown): Promise<LocalKey> {
  const privateJwk = readPrivateJwk(jwk);
  const algorithm = algorithmOf(privateJwk);
  const privateKey = await importPrivateKey(privateJwk, algorithm);
  const kid = privateJwk.kid ?? (await calculateJwkThumbprint(privateJwk));
  return {
    kid,
    algorithm,
    sign: ({ clientId, audience, lifetimeS }) => {
      const now = Math.floor(Date.now() / 1000);
      // RFC 7523bis §4: an explicit type, and the server as the only audience.
      return new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: algorithm, typ: 'client-authentication+jwt', kid })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeS)
        .sign(privateKey);
    },
  };
}

function readPrivateJwk(jwk: unknown): JWK {
  const isObject = typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk);
  if (isObject && 'd' in jwk && typeof jwk.d === 'string') return { ...jwk, d: jwk.d };
  throw new TypeError('The key is not a private JWK.');
}

function algorithmOf({ kty, crv, alg }: JWK): string {
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  // RFC 9864 §2.2: the document of an agent says Ed25519; `EdDSA` is for servers that know no other.
  if (kty === 'OKP' && crv === 'Ed25519') return alg === 'EdDSA' ? 'EdDSA' : 'Ed25519';
  throw new TypeError('The key is neither of P-256 nor of Ed25519.');
}

async function importPrivateKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  try {
    const key = await importJWK({ ...jwk, ext: false }, algorithm);
    if (!(key instanceof Uint8Array)) return key;
  } catch {
    // What jose says of a key is not repeated: it may hold a part of it.
  }
  throw new TypeError('The key is not a usable private JWK.');
}
