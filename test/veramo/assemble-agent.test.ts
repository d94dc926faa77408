import { generateKeyPairSync } from 'node:crypto';
import { MemoryDIDStore } from '@veramo/did-manager';
import { MemoryKeyStore } from '@veramo/key-manager';
import { describe, expect, it } from 'vitest';
import type { KeyId } from '../../src/keys/signing-key.ts';
import type { EcPublicJwk } from '../../src/protocol/jwk.ts';
import { assembleAgent } from '../../src/veramo/assemble-agent.ts';
import { KeyRing } from '../../src/veramo/key-ring.ts';
import { createdAt, newSeal, organizationId, publicJwkFrom } from './made-keys.ts';

const draft = {
  state: 'active',
  id: 'key_1' as KeyId,
  organizationId,
  did: 'did:web:id.acme.com',
  purpose: 'credential',
  createdAt,
} as const;

function assemble() {
  return assembleAgent({
    seal: newSeal(),
    ring: new KeyRing(),
    keyStore: new MemoryKeyStore(),
    didStore: new MemoryDIDStore(),
  });
}

describe('an agent', () => {
  it('offers what this project uses of Veramo: it verifies, imports and deletes nothing', () => {
    expect(assemble().availableMethods()).toStrictEqual([
      'keyManagerCreate',
      'keyManagerGet',
      'keyManagerSign',
      'didManagerGet',
      'didManagerCreate',
      'resolveDid',
      'createVerifiableCredential',
    ]);
  });

  it('resolves did:web with the stock resolver', async () => {
    const resolve = (didUrl: string) => assemble().resolveDid({ didUrl });
    expect((await resolve('did:web:localhost%3A1')).didResolutionMetadata.error).toBe('notFound');
    expect((await resolve('did:key:z6Mk')).didResolutionMetadata.error).toBe(
      'unsupportedDidMethod',
    );
  });

  it('describes a key that it made by its public half', async () => {
    const key = await assemble().keyManagerCreate({
      kms: 'sealed',
      type: 'Secp256r1',
      meta: { draft },
    });
    const { x, y } = (key.meta as { jwk: EcPublicJwk }).jwk;
    expect(key).toMatchObject({
      kms: 'sealed',
      type: 'Secp256r1',
      meta: { algorithms: ['ES256'] },
    });
    expect(key.publicKeyHex.slice(2)).toBe(Buffer.from(x, 'base64url').toString('hex'));
    const isOdd = Number.parseInt(Buffer.from(y, 'base64url').toString('hex').slice(-1), 16) % 2;
    expect(key.publicKeyHex.slice(0, 2)).toBe(isOdd === 1 ? '03' : '02');
  });

  it('knows a key that is held elsewhere, and does not sign with it', async () => {
    const agent = assemble();
    const { publicKey } = generateKeyPairSync('ed25519');
    const publicJwk = publicJwkFrom(publicKey.export({ format: 'jwk' }));
    const { kid, kms, publicKeyHex } = await agent.keyManagerCreate({
      kms: 'held-elsewhere',
      type: 'Ed25519',
      meta: { draft, publicJwk },
    });
    expect(kms).toBe('held-elsewhere');
    expect(publicKeyHex).toBe(Buffer.from(publicJwk.x, 'base64url').toString('hex'));
    await expect(agent.keyManagerSign({ keyRef: kid, data: 'anything' })).rejects.toMatchObject({
      name: 'SealwrightError',
      code: 'key-not-usable',
    });
  });

  it.each(['sealed', 'held-elsewhere'])('makes no %s key without a draft', async (kms) => {
    await expect(assemble().keyManagerCreate({ kms, type: 'Secp256r1' })).rejects.toThrow(
      TypeError,
    );
  });

  it('issues no credential in another proof format', async () => {
    const agent = assemble();
    const { kid } = await agent.keyManagerCreate({
      kms: 'sealed',
      type: 'Secp256r1',
      meta: { draft },
    });
    const { did } = await agent.didManagerCreate({
      provider: 'did:web',
      alias: 'id.acme.com',
      options: { keyRef: kid },
    });
    await expect(
      agent.createVerifiableCredential({
        credential: { issuer: did, credentialSubject: {} },
        proofFormat: 'jwt',
      }),
    ).rejects.toThrow('No provider found');
  });
});
