import type { Identifier } from '../dids/identifier.ts';
import type {
  FurtherKeyOrder,
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
      const { ring, agent } = assembleFor(deps, stores, identifier);
      const { did, provider, alias } = identifier;
      const keyRef = await createKey(agent, { ...order, did, state: 'active' });
      await agent.didManagerCreate({ provider, alias, options: { keyRef } });
      return { identifier, key: ring.get(keyRef) };
    },
    async createKey(stores, order) {
      const identifier = await stores.dids.find(order.did);
      if (identifier === null) throw new TypeError(`${order.did} is not hosted here.`);
      const { ring, agent } = assembleFor(deps, stores, identifier);
      return ring.get(await createKey(agent, order));
    },
  };
}

function assembleFor(
  { seal }: { readonly seal: KeySeal },
  stores: IdentityStores,
  identifier: Identifier,
) {
  const ring = new KeyRing();
  const keyStore = new StoredKeys(stores.keys, ring);
  const didStore = new StoredIdentifiers(stores, identifier);
  return { ring, agent: assembleAgent({ seal, ring, keyStore, didStore }) };
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

async function createKey(agent: VeramoAgent, order: FurtherKeyOrder): Promise<string> {
  const { organizationId, did, purpose, state, publicJwk, at } = order;
  const id = order.id ?? newId<KeyDraft['id']>('key', at);
  const draft: KeyDraft = { id, organizationId, did, purpose, state, createdAt: at };
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
