import type { IKey } from '@veramo/core-types';
import { AbstractKeyStore } from '@veramo/key-manager';
import type { KeyStore } from '../keys/key-store.ts';
import type { KeyRing } from './key-ring.ts';
import { managedKeyOf } from './managed-key.ts';
import { unsupported } from './signing-kms.ts';

/** Veramo's key store on our port: what Veramo records is written by the caller's transaction. */
export class StoredKeys extends AbstractKeyStore {
  readonly #keys: KeyStore;
  readonly #ring: KeyRing;

  constructor(keys: KeyStore, ring: KeyRing) {
    super();
    this.#keys = keys;
    this.#ring = ring;
  }

  override async importKey(key: { readonly kid: string }): Promise<boolean> {
    await this.#keys.insert(this.#ring.get(key.kid));
    return true;
  }

  override async getKey(key: { readonly kid: string }): Promise<IKey> {
    return managedKeyOf(this.#ring.get(key.kid));
  }

  override deleteKey(): Promise<never> {
    return unsupported('deleteKey');
  }

  override listKeys(): Promise<never> {
    return unsupported('listKeys');
  }
}
