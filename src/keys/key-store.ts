import type { OrganizationId } from '../organizations/organization.ts';
import type { KeyChange, KeyId, SigningKey } from './signing-key.ts';

/** Reads signing keys, with their private halves sealed. */
export interface KeyReader {
  /** All keys of these DIDs that are not destroyed, oldest first; keys for events are not theirs. */
  listByDids(dids: readonly string[]): Promise<readonly SigningKey[]>;
  /** The keys by which an organization signs events, as far as they are not destroyed, oldest first. */
  listEventKeys(organizationId: OrganizationId): Promise<readonly SigningKey[]>;
}

/** Writes signing keys, inside a unit of work. */
export interface KeyStore extends KeyReader {
  /** Throws `key-not-usable` when another DID of the organization already uses this public key. */
  insert(key: SigningKey): Promise<void>;
  /**
   * The keys of this DID as `listByDids` has them, of which none changes until the transaction ends,
   * unless by this transaction itself.
   */
  lockByDid(did: string): Promise<readonly SigningKey[]>;
  /**
   * Whether the key is active; it then stays so until the transaction ends. Transactions that hold
   * the same key do not wait for each other.
   */
  holdActive(id: KeyId): Promise<boolean>;
  /** The private half of a key that is destroyed is forgotten with the same statement. */
  change(id: KeyId, change: KeyChange): Promise<void>;
}
