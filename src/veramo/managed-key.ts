import type { IIdentifier, ManagedKeyInfo } from '@veramo/core-types';
import type { SigningKey } from '../keys/signing-key.ts';
import type { EcPublicJwk, PublicJwk } from '../protocol/jwk.ts';

/** The name under which the agents know the system whose private halves are sealed here. */
export const sealedKmsName = 'sealed';
/** The name under which they know the one that has public halves only. */
export const heldElsewhereKmsName = 'held-elsewhere';

/** What is decided about a key before it exists; it reaches the KMS as Veramo's `meta`. */
export type KeyDraft = Pick<
  SigningKey,
  'id' | 'organizationId' | 'did' | 'purpose' | 'state' | 'createdAt'
>;

/** Veramo's word for the kind of key. */
export function keyTypeOf(jwk: PublicJwk): 'Secp256r1' | 'Ed25519' {
  return jwk.kty === 'EC' ? 'Secp256r1' : 'Ed25519';
}

/** The public side of a key as Veramo describes it: nothing in it is secret. */
export function managedKeyOf(key: SigningKey): ManagedKeyInfo {
  return {
    kid: key.thumbprint,
    kms: key.sealed === null ? heldElsewhereKmsName : sealedKmsName,
    type: keyTypeOf(key.publicJwk),
    publicKeyHex: publicKeyHexOf(key.publicJwk),
    meta: { algorithms: [key.algorithm], jwk: key.publicJwk },
  };
}

/** The DID of a key, with that key, as Veramo describes identifiers. */
export function managedIdentifierOf(key: SigningKey): IIdentifier {
  return {
    did: key.did,
    provider: 'did:web',
    controllerKeyId: key.thumbprint,
    keys: [managedKeyOf(key)],
    services: [],
  };
}

function publicKeyHexOf(jwk: PublicJwk): string {
  return jwk.kty === 'EC' ? compressedPointOf(jwk) : hexOf(jwk.x);
}

// SEC 1 §2.3.3: a leading 02 or 03 tells whether y is even or odd.
function compressedPointOf(jwk: EcPublicJwk): string {
  const lastByte = Buffer.from(jwk.y, 'base64url').at(-1) ?? 0;
  return `${lastByte % 2 === 0 ? '02' : '03'}${hexOf(jwk.x)}`;
}

function hexOf(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('hex');
}
