import type { KeyStore } from '../keys/key-store.ts';
import type { KeyId, KeyPurpose, KeyState, SigningKey } from '../keys/signing-key.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PublicJwk } from '../protocol/jwk.ts';
import type { DidStore } from './did-store.ts';
import type { Identifier } from './identifier.ts';

/** The stores that creating an identity writes to: those of the caller's transaction. */
export interface IdentityStores {
  readonly keys: KeyStore;
  readonly dids: DidStore;
}

/** The identity that is asked for, and what its first key is for. */
export interface IdentityOrder {
  readonly organizationId: OrganizationId;
  /** The did:web without its method prefix, such as `id.acme.com:a:billing-bot`. */
  readonly alias: string;
  readonly purpose: KeyPurpose;
  /** The public half of a key held elsewhere; absent, a P-256 key is made and sealed. */
  readonly publicJwk?: PublicJwk;
  readonly at: Date;
}

/** A further key of a DID that we host. */
export interface FurtherKeyOrder extends Omit<IdentityOrder, 'alias'> {
  readonly did: string;
  /** The state that the key starts its life in. */
  readonly state: KeyState;
  /** A new one unless given. */
  readonly id?: KeyId;
}

/**
 * Creates a did:web and its first key together, inside the caller's transaction: when that rolls
 * back, neither exists.
 */
export interface IdentityProvider {
  createIdentity(
    stores: IdentityStores,
    order: IdentityOrder,
  ): Promise<{ readonly identifier: Identifier; readonly key: SigningKey }>;
  /** Gives a DID another key, inside the caller's transaction; documents are not touched. */
  createKey(stores: IdentityStores, order: FurtherKeyOrder): Promise<SigningKey>;
}
