import { MemoryDIDStore } from '@veramo/did-manager';
import type { Identifier } from '../dids/identifier.ts';
import type {
  DidKeyOrder,
  IdentityOrder,
  IdentityProvider,
  IdentityStores,
} from '../dids/identity-provider.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import { parseDidWeb } from '../protocol/did-web.ts';
import { assembleAgent, type VeramoAgent } from './assemble-agent.ts';
import { KeyRing } from './key-ring.ts';
import { heldElsewhereKmsName, type KeyDraft, keyTypeOf, sealedKmsName } from './managed-key.ts';
import { StoredIdentifiers } from './stored-identifiers.ts';
import { StoredKeys } from './stored-keys.ts';

/**
 * Creates identities through Veramo: its KeyManager makes or takes in the key, its DIDManager with
 * WebDIDProvider the DID. Every call assembles an agent on the stores it is given, so that nothing
 * Veramo writes outlives a transaction that rolls back.
 */
export function createVeramoIdentityProvider(deps: { readonly seal: KeySeal }): IdentityProvider {
  return {
    async createIdentity(stores, order) {
      const identifier = identifierOf(order);
      await refuseTaken(stores, identifier);
      const ring = new KeyRing();
      const agent = assembleAgent({
        seal: deps.seal,
        ring,
        keyStore: new StoredKeys(stores.keys, ring),
        didStore: new StoredIdentifiers(stores, identifier),
      });
      const keyRef = await createKey(agent, { ...order, did: identifier.did, state: 'active' });
      const { provider, alias } = identifier;
      await agent.didManagerCreate({ provider, alias, options: { keyRef } });
      return { identifier, key: ring.get(keyRef) };
    },

    async createKey(stores, order) {
      const ring = new KeyRing();
      const agent = assembleAgent({
        seal: deps.seal,
        ring,
        keyStore: new StoredKeys(stores.keys, ring),
        didStore: new MemoryDIDStore(),
      });
      return ring.get(await createKey(agent, order));
    },
  };
}

function identifierOf(order: IdentityOrder): Identifier {
  const { organizationId, alias, at } = order;
  const parsed = parseDidWeb(`did:web:${alias}`);
  if (!parsed.ok) {
    throw new SealwrightError('invalid-input', 'The name does not make a valid did:web.');
  }
  return { did: parsed.value.did, organizationId, provider: 'did:web', alias, createdAt: at };
}

// Veramo refuses an alias in use too, but with an error that carries no code.
async function refuseTaken(stores: IdentityStores, identifier: Identifier): Promise<void> {
  if ((await stores.dids.find(identifier.did)) !== null) {
    throw new SealwrightError('handle-taken', 'This name is in use, or was once.');
  }
}

async function createKey(agent: VeramoAgent, order: DidKeyOrder): Promise<string> {
  const { organizationId, did, purpose, state, publicJwk, at } = order;
  const draft: KeyDraft = {
    ...{ id: newId('key', at), organizationId, did, purpose, state },
    ...{ stateSince: at, listedUntil: null, activatesAt: null, revokedAt: null, createdAt: at },
  };
  const { kid } = await agent.keyManagerCreate(
    publicJwk === undefined
      ? { kms: sealedKmsName, type: 'Secp256r1', meta: { draft } }
      : {
          kms: heldElsewhereKmsName,
          type: keyTypeOf(publicJwk),
          meta: { draft, publicJwk },
        },
  );
  return kid;
}
