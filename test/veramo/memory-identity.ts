import type { Identifier } from '../../src/dids/identifier.ts';
import type { IdentityStores } from '../../src/dids/identity-provider.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import type { UnitOfWork } from '../../src/kernel/unit-of-work.ts';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';

/** Keys and identifiers in memory, with a unit of work that keeps nothing of work that throws. */
export class MemoryIdentity implements UnitOfWork<IdentityStores> {
  keys: ReadonlyMap<KeyId, SigningKey> = new Map();
  identifiers: ReadonlyMap<string, Identifier> = new Map();

  async run<Result>(work: (stores: IdentityStores) => Promise<Result>): Promise<Result> {
    const keys = new Map(this.keys);
    const identifiers = new Map(this.identifiers);
    const result = await work({ keys: keyStoreOn(keys), dids: didStoreOn(identifiers) });
    this.keys = keys;
    this.identifiers = identifiers;
    return result;
  }
}

function keyStoreOn(keys: Map<KeyId, SigningKey>): IdentityStores['keys'] {
  return {
    listEventKeys: async () => [],
    listByDids: async (dids) => [...keys.values()].filter((key) => dids.includes(key.did)),
    insert: async (key) => {
      keys.set(key.id, key);
    },
    lockByDid: async (did) => [...keys.values()].filter((key) => key.did === did),
    holdActive: async (id) => keys.get(id)?.state === 'active',
    change: async () => {},
  };
}

function didStoreOn(identifiers: Map<string, Identifier>): IdentityStores['dids'] {
  return {
    find: async (did) => identifiers.get(did) ?? null,
    insert: async (identifier) => {
      if (identifiers.has(identifier.did)) throw new SealwrightError('handle-taken', 'Taken.');
      identifiers.set(identifier.did, identifier);
    },
  };
}
