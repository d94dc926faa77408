import { expect, it } from 'vitest';
import { KeyRing } from '../../src/veramo/key-ring.ts';
import { StoredIdentifiers } from '../../src/veramo/stored-identifiers.ts';
import { StoredKeys } from '../../src/veramo/stored-keys.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { createdAt, newSeal, organizationId } from './made-keys.ts';
import { MemoryIdentity } from './memory-identity.ts';

const order = {
  organizationId,
  alias: 'id.acme.com',
  purpose: 'credential',
  at: createdAt,
} as const;

it('finds for Veramo, by DID and by alias, what is stored', async () => {
  const provider = createVeramoIdentityProvider({ seal: newSeal() });
  await new MemoryIdentity().run(async (stores) => {
    const { identifier, key } = await provider.createIdentity(stores, order);
    const veramoStore = new StoredIdentifiers(stores, identifier);
    const expected = {
      did: 'did:web:id.acme.com',
      alias: 'id.acme.com',
      provider: 'did:web',
      keys: [{ kid: key.thumbprint, kms: 'sealed', type: 'Secp256r1' }],
      services: [],
    };
    expect(await veramoStore.getDID({ did: 'did:web:id.acme.com' })).toMatchObject(expected);
    expect(await veramoStore.getDID({ alias: 'id.acme.com' })).toMatchObject(expected);
    await expect(veramoStore.getDID({ did: 'did:web:id.other.com' })).rejects.toThrow('not_found');
  });
});

it('takes in no identifier but the expected one, and forgets none', async () => {
  const provider = createVeramoIdentityProvider({ seal: newSeal() });
  await new MemoryIdentity().run(async (stores) => {
    const { identifier } = await provider.createIdentity(stores, order);
    const veramoStore = new StoredIdentifiers(stores, identifier);
    await expect(veramoStore.importDID({ did: 'did:web:id.other.com' })).rejects.toThrow(TypeError);
    await expect(veramoStore.deleteDID()).rejects.toThrow(TypeError);
    expect(await stores.dids.find('did:web:id.other.com')).toBeNull();
    expect(await stores.dids.find('did:web:id.acme.com')).toStrictEqual(identifier);
  });
});

it('stores no key that the agent did not make', async () => {
  await new MemoryIdentity().run(async (stores) => {
    const veramoStore = new StoredKeys(stores.keys, new KeyRing());
    await expect(veramoStore.importKey({ kid: 'unknown' })).rejects.toMatchObject({
      code: 'key-not-usable',
    });
    await expect(veramoStore.deleteKey()).rejects.toThrow(TypeError);
  });
});
