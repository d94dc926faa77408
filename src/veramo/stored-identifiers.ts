import type { IIdentifier } from '@veramo/core-types';
import { AbstractDIDStore } from '@veramo/did-manager';
import type { Identifier } from '../dids/identifier.ts';
import type { IdentityStores } from '../dids/identity-provider.ts';
import { managedKeyOf } from './managed-key.ts';
import { unsupported } from './signing-kms.ts';

/**
 * Veramo's store of identifiers on our ports: what Veramo records is written by the caller's
 * transaction. It takes in one new identifier, the one that its agent was assembled for.
 */
export class StoredIdentifiers extends AbstractDIDStore {
  readonly #stores: IdentityStores;
  readonly #expected: Identifier;

  constructor(stores: IdentityStores, expected: Identifier) {
    super();
    this.#stores = stores;
    this.#expected = expected;
  }

  override async importDID(identifier: { readonly did: string }): Promise<boolean> {
    if (identifier.did !== this.#expected.did) {
      throw new TypeError(`This agent was not assembled for ${identifier.did}.`);
    }
    await this.#stores.dids.insert(this.#expected);
    return true;
  }

  override async getDID(query: {
    readonly did?: string;
    readonly alias?: string;
  }): Promise<IIdentifier> {
    const did = query.did ?? `did:web:${query.alias}`;
    const identifier = await this.#stores.dids.find(did);
    // Veramo takes an exception for "there is none".
    if (identifier === null) throw new Error(`not_found: ${did}`);
    const keys = await this.#stores.keys.listByDids([did]);
    return {
      did: identifier.did,
      provider: identifier.provider,
      alias: identifier.alias,
      keys: keys.map(managedKeyOf),
      services: [],
    };
  }

  override deleteDID(): Promise<never> {
    return unsupported('deleteDID');
  }

  override listDIDs(): Promise<never> {
    return unsupported('listDIDs');
  }
}
