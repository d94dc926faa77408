import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PublicJwk, SigningAlgorithm } from '../protocol/jwk.ts';

/** A key by its id, `key_…`. */
export type KeyId = Brand<'KeyId'>;

/** What a key may sign. A key never serves two purposes. */
export type KeyPurpose = 'credential' | 'client-authentication' | 'event' | 'audit';

/**
 * The life of a key, in this order; a state may be skipped, and none comes back.
 *
 * | state | key of an issuer | key of an agent |
 * |---|---|---|
 * | created | known to us alone | in the passport |
 * | published | in the documents, signs nothing | in the passport and the key set |
 * | active | signs | the one to authenticate with |
 * | retired | signs nothing, its private half is gone, still in the DID document | out of the key set, still in the passport |
 * | destroyed | its private half is gone | its private half is gone, and no document has it |
 */
export type KeyState = 'created' | 'published' | 'active' | 'retired' | 'destroyed';

/** A key pair, or the public half of one that is held elsewhere. */
export interface SigningKey {
  readonly id: KeyId;
  readonly organizationId: OrganizationId;
  /** The DID that the key belongs to: its document lists the key, unless that is for events. */
  readonly did: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: SigningAlgorithm;
  /** RFC 7638 thumbprint of the public key. */
  readonly thumbprint: string;
  readonly publicJwk: PublicJwk;
  /** The private half sealed under the master key; null when it is held elsewhere. */
  readonly sealed: Uint8Array | null;
  readonly state: KeyState;
  readonly stateSince: Date;
  /** The end of the last credential it signed, once it signs no more; null while it may sign. */
  readonly listedUntil: Date | null;
  /** When a published key of an issuer is to become the active one by itself; null for most. */
  readonly activatesAt: Date | null;
  /** When the key was given up as compromised: nothing that it signed counts any more. */
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
}

/** A step in the life of a key. What is left out stays as it is. */
export interface KeyChange {
  readonly state: KeyState;
  readonly stateSince: Date;
  readonly listedUntil?: Date;
  readonly revokedAt?: Date;
  readonly activatesAt?: Date | null;
  /** null forgets the private half. */
  readonly sealed?: null;
}

/** Whether an agent may authenticate with the key: its key set and DID document have it then. */
export function isListed({ state }: Pick<SigningKey, 'state'>): boolean {
  return state === 'published' || state === 'active';
}

/** The absolute DID URL by which headers and DID documents name the key. */
export function verificationMethodOf(key: {
  readonly did: string;
  readonly thumbprint: string;
}): string {
  return `${key.did}#${key.thumbprint}`;
}
