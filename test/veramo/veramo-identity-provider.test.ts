import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import type { IdentityOrder } from '../../src/dids/identity-provider.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { createdAt, newSeal, organizationId, publicJwkFrom } from './made-keys.ts';
import { MemoryIdentity } from './memory-identity.ts';

const provider = createVeramoIdentityProvider({ seal: newSeal() });

const order: IdentityOrder = {
  organizationId,
  alias: 'id.acme.com:a:billing-bot',
  purpose: 'credential',
  at: createdAt,
};

function create(identity: MemoryIdentity, changes: Partial<IdentityOrder> = {}) {
  return identity.run((stores) => provider.createIdentity(stores, { ...order, ...changes }));
}

describe('createIdentity', () => {
  it('writes the DID and its sealed P-256 key to the stores it is given', async () => {
    const identity = new MemoryIdentity();
    const { identifier, key } = await create(identity);
    expect(identifier).toStrictEqual({
      did: 'did:web:id.acme.com:a:billing-bot',
      organizationId: 'org_acme',
      provider: 'did:web',
      alias: 'id.acme.com:a:billing-bot',
      createdAt,
    });
    expect(key).toMatchObject({
      organizationId: 'org_acme',
      did: 'did:web:id.acme.com:a:billing-bot',
      purpose: 'credential',
      algorithm: 'ES256',
      publicJwk: { kty: 'EC', crv: 'P-256' },
      state: 'active',
      createdAt,
    });
    expect(key.id).toMatch(/^key_[0-9a-z]{26}$/);
    expect(Object.keys(key.publicJwk).toSorted()).toStrictEqual(['crv', 'kty', 'x', 'y']);
    expect(key.thumbprint).toBe(await calculateJwkThumbprint({ ...key.publicJwk }));
    expect(key.sealed?.byteLength).toBeGreaterThan(100);
    expect([...identity.keys.values()]).toStrictEqual([key]);
    expect([...identity.identifiers.values()]).toStrictEqual([identifier]);
  });

  it.each([
    ['P-256', 'ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['Ed25519', 'Ed25519', () => generateKeyPairSync('ed25519')],
  ] as const)('registers a %s key that is held elsewhere', async (_kind, algorithm, make) => {
    const identity = new MemoryIdentity();
    const publicJwk = publicJwkFrom(make().publicKey.export({ format: 'jwk' }));
    const { key } = await create(identity, { purpose: 'client-authentication', publicJwk });
    expect(key).toMatchObject({ algorithm, publicJwk, sealed: null });
    expect(key.thumbprint).toBe(await calculateJwkThumbprint({ ...publicJwk }));
    expect([...identity.keys.values()]).toStrictEqual([key]);
    expect([...identity.identifiers.keys()]).toStrictEqual([key.did]);
  });

  it('leaves neither key nor DID behind when the unit of work rolls back', async () => {
    const identity = new MemoryIdentity();
    const work = identity.run(async (stores) => {
      await provider.createIdentity(stores, order);
      expect(await stores.dids.find('did:web:id.acme.com:a:billing-bot')).not.toBeNull();
      throw new Error('a later step failed');
    });
    await expect(work).rejects.toThrow('a later step failed');
    expect(identity.keys.size).toBe(0);
    expect(identity.identifiers.size).toBe(0);
  });

  it('refuses a name in use, and keeps no key for it', async () => {
    const identity = new MemoryIdentity();
    const { key } = await create(identity);
    await expect(create(identity)).rejects.toMatchObject({ code: 'handle-taken' });
    expect([...identity.keys.keys()]).toStrictEqual([key.id]);
  });

  it('passes on why a store refuses what Veramo writes', async () => {
    const identity = new MemoryIdentity();
    const refuse = (code: 'key-not-usable' | 'handle-taken') => () =>
      Promise.reject(new SealwrightError(code, 'Refused by the store.'));
    const inUse = identity.run((stores) => {
      const keys = { ...stores.keys, insert: refuse('key-not-usable') };
      return provider.createIdentity({ ...stores, keys }, order);
    });
    await expect(inUse).rejects.toMatchObject({ code: 'key-not-usable' });
    const overtaken = identity.run((stores) => {
      const dids = { ...stores.dids, insert: refuse('handle-taken') };
      return provider.createIdentity({ ...stores, dids }, order);
    });
    await expect(overtaken).rejects.toMatchObject({ code: 'handle-taken' });
    expect(identity.keys.size).toBe(0);
  });

  it.each(['', 'id.acme.com/a', 'ID.acme.com', 'id.acme.com:..', '10.0.0.1'])(
    'refuses %j, which makes no did:web',
    async (alias) => {
      const identity = new MemoryIdentity();
      await expect(create(identity, { alias })).rejects.toMatchObject({ code: 'invalid-input' });
      expect(identity.keys.size).toBe(0);
    },
  );
});
