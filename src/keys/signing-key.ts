import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PublicJwk, SigningAlgorithm } from '../protocol/jwk.ts';

/** A key by its id, `key_…`. */
export type KeyId = Brand<'KeyId'>;

/** What a key may sign. A key never serves two purposes. */
export type KeyPurpose = 'credential' | 'client-authentication';
/** `retired`: it signs nothing any more, and no document lists it. */
export type KeyState = 'active' | 'retired';

/** A key pair, or the public half of one that is held elsewhere. */
export interface SigningKey {
  readonly id: KeyId;
  readonly organizationId: OrganizationId;
  /** The DID whose document lists this key. */
  readonly did: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: SigningAlgorithm;
  /** RFC 7638 thumbprint of the public key. */
  readonly thumbprint: string;
  readonly publicJwk: PublicJwk;
  /** The private half sealed under the master key; null when it is held elsewhere. */
  readonly sealed: Uint8Array | null;
  readonly state: KeyState;
  readonly createdAt: Date;
}

/** The absolute DID URL by which headers and DID documents name the key. */
export function verificationMethodOf(key: {
  readonly did: string;
  readonly thumbprint: string;
}): string {
  return `${key.did}#${key.thumbprint}`;
}
