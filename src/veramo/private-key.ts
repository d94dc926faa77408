import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { makeKeyPair } from '../kernel/make-key-pair.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeySeal, SealContext } from '../keys/key-seal.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { algorithmOf, jwkThumbprint, type PublicJwk, parsePublicJwk } from '../protocol/jwk.ts';
import type { KeyDraft } from './managed-key.ts';

/**
 * Makes a key pair, on P-256, or of Ed25519 for the audit trail; its private half (PKCS #8, RFC 5208)
 * leaves only sealed.
 */
export function makeSealedKey(seal: KeySeal, draft: KeyDraft) {
  const { privateKey, publicKey } = makeKeyPair(draft.purpose === 'audit' ? 'Ed25519' : 'P-256');
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  const sealed = seal.seal(secret, sealContextOf(draft));
  secret.fill(0);
  return { publicJwk: publicJwkOf(publicKey), sealed };
}

/**
 * Opens the private half of a key. Throws `key-not-usable` when it is held elsewhere, does not open
 * as this key of this organization for this purpose, or is not the other half of its thumbprint.
 */
export async function openPrivateKey(seal: KeySeal, key: SigningKey): Promise<KeyObject> {
  if (key.sealed === null) {
    throw new SealwrightError('key-not-usable', 'The private half of this key is held elsewhere.');
  }
  const privateKey = parsePrivateKey(seal.open(key.sealed, sealContextOf(key)));
  const publicJwk = publicJwkOf(createPublicKey(privateKey));
  const isOtherHalf = (await jwkThumbprint(publicJwk)) === key.thumbprint;
  if (!isOtherHalf || algorithmOf(publicJwk) !== key.algorithm) {
    throw new SealwrightError('key-not-usable', 'A sealed key does not fit its public key.');
  }
  return privateKey;
}

/** Signs octets as JWS wants it, base64url. RFC 7518 §3.4: for ES256, R and S side by side. */
export function signOctets(privateKey: KeyObject, octets: Uint8Array): string {
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(digest, octets, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return signature.toString('base64url');
}

/** The secret is wiped, whatever comes of it. */
function parsePrivateKey(secret: Uint8Array): KeyObject {
  const key = Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new SealwrightError('key-not-usable', 'A sealed key is not a private key.', { cause });
  } finally {
    key.fill(0);
  }
}

function publicJwkOf(publicKey: KeyObject): PublicJwk {
  const parsed = parsePublicJwk(publicKey.export({ format: 'jwk' }));
  if (!parsed.ok) {
    throw new SealwrightError('key-not-usable', 'A sealed key is of a kind that is not supported.');
  }
  return parsed.value;
}

function sealContextOf(key: KeyDraft): SealContext {
  return { organizationId: key.organizationId, keyId: key.id, purpose: key.purpose };
}
