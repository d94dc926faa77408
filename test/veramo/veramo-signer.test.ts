import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import type { KeyId, SigningKey } from '../../src/keys/signing-key.ts';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import {
  makeEd25519Key,
  makeKey,
  newSeal,
  recordedCredential,
  recordedStatusToken,
} from './made-keys.ts';

const seal = newSeal();

function payloadTextOf(jwt: string): string {
  return Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8');
}

async function verifyWithJose(jwt: string, key: SigningKey): Promise<string> {
  const publicKey = await importJWK({ ...key.publicJwk }, key.algorithm);
  const { payload } = await compactVerify(jwt, publicKey, { algorithms: [key.algorithm] });
  return new TextDecoder().decode(payload);
}

describe.each([
  ['ES256', () => makeKey(seal)],
  ['Ed25519', () => makeEd25519Key(seal)],
] as const)('signing with %s', (algorithm, make) => {
  it('envelopes the recorded credential octet by octet', async () => {
    const key = await make();
    const jwt = await createVeramoSigner({ seal }).signCredential({
      key,
      payload: recordedCredential,
    });
    expect(payloadTextOf(jwt)).toBe(recordedCredential);
    expect(await verifyWithJose(jwt, key)).toBe(recordedCredential);
    expect(Object.entries(decodeProtectedHeader(jwt))).toStrictEqual([
      ['alg', algorithm],
      ['typ', 'vc+jwt'],
      ['cty', 'vc'],
      ['kid', `did:web:id.acme.com#${key.thumbprint}`],
    ]);
  });

  it('signs a recorded status token octet by octet', async () => {
    const key = await make();
    const jwt = await createVeramoSigner({ seal }).signStatusToken({
      key,
      payload: recordedStatusToken,
    });
    expect(await verifyWithJose(jwt, key)).toBe(recordedStatusToken);
    expect(Object.entries(decodeProtectedHeader(jwt))).toStrictEqual([
      ['alg', algorithm],
      ['typ', 'statuslist+jwt'],
      ['kid', `did:web:id.acme.com#${key.thumbprint}`],
    ]);
  });
});

describe('the signed credential', () => {
  it('has none of the Data Model 1.1 that Veramo writes into credentials', async () => {
    const key = await makeKey(seal);
    const jwt = await createVeramoSigner({ seal }).signCredential({
      key,
      payload: recordedCredential,
    });
    const signed = JSON.parse(payloadTextOf(jwt));
    expect(signed['@context'][0]).toBe('https://www.w3.org/ns/credentials/v2');
    expect(signed['@context']).toHaveLength(2);
    expect(payloadTextOf(jwt)).not.toMatch(/issuanceDate|2018/);
    expect(Object.keys(signed)).not.toContain('vc');
  });

  it('carries R and S side by side, 64 octets', async () => {
    const key = await makeKey(seal);
    const jwt = await createVeramoSigner({ seal }).signCredential({
      key,
      payload: recordedCredential,
    });
    expect(Buffer.from(jwt.split('.')[2] ?? '', 'base64url')).toHaveLength(64);
  });
});

describe('keys that may not sign', () => {
  const refused: readonly (readonly [string, (key: SigningKey) => Partial<SigningKey>])[] = [
    ['is retired', () => ({ state: 'retired' })],
    ['is held elsewhere', () => ({ sealed: null })],
    ['belongs to another DID', () => ({ did: 'did:web:id.other.com' })],
    ['was sealed as another key', () => ({ id: 'key_other' as KeyId })],
    ['was sealed for another organization', () => ({ organizationId: 'org_x' as OrganizationId })],
    ['has a cut box', (key) => ({ sealed: key.sealed?.subarray(0, 20) ?? null })],
    ['claims another algorithm', () => ({ algorithm: 'Ed25519' })],
    ['has another thumbprint', () => ({ thumbprint: 'A'.repeat(43) })],
  ];

  it.each(refused)('refuses a key that %s', async (_what, change) => {
    const key = await makeKey(seal);
    const signer = createVeramoSigner({ seal });
    // The right key is open already: what is refused must not be answered from memory.
    await signer.signCredential({ key, payload: recordedCredential });
    const changed = { ...key, ...change(key) };
    await expect(
      signer.signCredential({ key: changed, payload: recordedCredential }),
    ).rejects.toMatchObject({ name: 'SealwrightError', code: 'key-not-usable' });
    await expect(
      signer.signStatusToken({ key: changed, payload: recordedStatusToken }),
    ).rejects.toMatchObject({ name: 'SealwrightError', code: 'key-not-usable' });
  });

  it('refuses sealed octets moved from one key to another', async () => {
    const [one, other] = [await makeKey(seal), await makeKey(seal)];
    const swapped = { ...one, sealed: other.sealed };
    await expect(
      createVeramoSigner({ seal }).signCredential({ key: swapped, payload: recordedCredential }),
    ).rejects.toMatchObject({ code: 'key-not-usable' });
  });

  it('refuses a key made for client authentication', async () => {
    const key = await makeKey(seal, { purpose: 'client-authentication' });
    const signer = createVeramoSigner({ seal });
    for (const refused of [
      signer.signCredential({ key, payload: recordedCredential }),
      signer.signStatusToken({ key, payload: recordedStatusToken }),
    ]) {
      await expect(refused).rejects.toMatchObject({ code: 'key-not-usable' });
    }
  });

  it('signs an assertion with the key of an agent, and with no other', async () => {
    const signer = createVeramoSigner({ seal });
    const payload = '{"iss":"https://id.acme.com/a/bot/client.json" }';
    const key = await makeKey(seal, { purpose: 'client-authentication' });
    const jwt = await signer.signClientAssertion({ key, payload });
    expect(await verifyWithJose(jwt, key)).toBe(payload);
    expect(Object.entries(decodeProtectedHeader(jwt))).toStrictEqual([
      ['alg', 'ES256'],
      ['typ', 'client-authentication+jwt'],
      ['kid', key.thumbprint],
    ]);
    const issuers = await makeKey(seal);
    const unfit: readonly SigningKey[] = [
      issuers,
      { ...issuers, purpose: 'client-authentication' },
      { ...key, state: 'published' },
      { ...key, state: 'retired' },
      { ...key, sealed: null },
    ];
    for (const other of unfit) {
      await expect(signer.signClientAssertion({ key: other, payload })).rejects.toMatchObject({
        code: 'key-not-usable',
      });
    }
  });

  it('refuses a key made for client authentication although its purpose was rewritten', async () => {
    const made = await makeKey(seal, { purpose: 'client-authentication' });
    const key = { ...made, purpose: 'credential' } as const;
    await expect(
      createVeramoSigner({ seal }).signCredential({ key, payload: recordedCredential }),
    ).rejects.toMatchObject({ code: 'key-not-usable' });
  });

  it('refuses a box that opens, but holds no private key', async () => {
    const key = await makeKey(seal);
    const context = { organizationId: key.organizationId, keyId: key.id, purpose: key.purpose };
    const hollow = { ...key, sealed: seal.seal(Buffer.from('no key at all'), context) };
    await expect(
      createVeramoSigner({ seal }).signCredential({ key: hollow, payload: recordedCredential }),
    ).rejects.toMatchObject({ code: 'key-not-usable' });
  });

  it('refuses every key under a wrong master key', async () => {
    const key = await makeKey(newSeal());
    await expect(
      createVeramoSigner({ seal }).signCredential({ key, payload: recordedCredential }),
    ).rejects.toMatchObject({ name: 'SealwrightError', code: 'key-not-usable' });
  });
});

describe('many keys', () => {
  it('each sign with their own key while fewer stay open than are in use', async () => {
    const keys = await Promise.all(
      Array.from({ length: 6 }, (_, at) => makeKey(seal, { alias: `id.acme.com:o:${at}` })),
    );
    const signer = createVeramoSigner({ seal, openKeys: 2 });
    const orders = [...keys, ...keys].map((key) => ({
      key,
      payload: JSON.stringify({ issuer: key.did, type: ['VerifiableCredential'] }),
    }));
    const tokens = await Promise.all(orders.map((order) => signer.signCredential(order)));
    for (const [at, { key, payload }] of orders.entries()) {
      expect(await verifyWithJose(tokens[at] ?? '', key)).toBe(payload);
    }
  });

  it('do not mix when one public key is recorded under two organizations', async () => {
    const key = await makeKey(seal);
    const guest = { ...key, organizationId: 'org_guest' as OrganizationId };
    const signer = createVeramoSigner({ seal });
    const [own, borrowed] = await Promise.allSettled([
      signer.signCredential({ key, payload: recordedCredential }),
      signer.signCredential({ key: guest, payload: recordedCredential }),
    ]);
    expect(own.status).toBe('fulfilled');
    expect(borrowed).toMatchObject({ reason: { code: 'key-not-usable' } });
  });
});
