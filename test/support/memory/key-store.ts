import type { DidReader, DidStore } from '../../../src/dids/did-store.ts';
import type { Identifier } from '../../../src/dids/identifier.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { KeyReader, KeyStore } from '../../../src/keys/key-store.ts';
import type { KeyChange, KeyId, SigningKey } from '../../../src/keys/signing-key.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryKeyReader implements KeyReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async listByDids(dids: readonly string[]): Promise<readonly SigningKey[]> {
    return this.#present().filter((key) => dids.includes(key.did) && key.purpose !== 'event');
  }

  async listEventKeys(organizationId: OrganizationId): Promise<readonly SigningKey[]> {
    return this.#present().filter(
      (key) => key.organizationId === organizationId && key.purpose === 'event',
    );
  }

  #present(): readonly SigningKey[] {
    return [...this.state().keys.values()]
      .filter(({ state }) => state !== 'destroyed')
      .sort(byId)
      .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
  }
}

export class MemoryKeyStore extends MemoryKeyReader implements KeyStore {
  async insert(key: SigningKey): Promise<void> {
    const used = [...this.state().keys.values()].some(
      ({ id, organizationId, thumbprint }) =>
        id === key.id || (organizationId === key.organizationId && thumbprint === key.thumbprint),
    );
    if (used) throw new SealwrightError('key-not-usable', 'This public key is in use already.');
    this.state().keys.set(key.id, key);
  }

  async lockByDid(did: string): Promise<readonly SigningKey[]> {
    return this.listByDids([did]);
  }

  async holdActive(id: KeyId): Promise<boolean> {
    return this.state().keys.get(id)?.state === 'active';
  }

  async change(id: KeyId, change: KeyChange): Promise<void> {
    const key = this.state().keys.get(id);
    const forgotten = change.state === 'destroyed' ? { sealed: null } : {};
    if (key !== undefined) this.state().keys.set(id, { ...key, ...change, ...forgotten });
  }
}

export class MemoryDidReader implements DidReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(did: string): Promise<Identifier | null> {
    return this.state().dids.get(did) ?? null;
  }
}

export class MemoryDidStore extends MemoryDidReader implements DidStore {
  async insert(identifier: Identifier): Promise<void> {
    for (const { did, alias } of this.state().dids.values()) {
      if (did === identifier.did || alias === identifier.alias) {
        throw new SealwrightError('handle-taken', `${identifier.did} is, or was, in use.`);
      }
    }
    this.state().dids.set(identifier.did, identifier);
  }
}
