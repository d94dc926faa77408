import { createPrivateKey } from 'node:crypto';
import { beforeAll, expect, it, vi } from 'vitest';
import type { KeySeal } from '../../src/keys/key-seal.ts';
import type { SigningKey } from '../../src/keys/signing-key.ts';

const printed: string[] = [];

// Veramo prints the arguments and results of every method under DEBUG. `debug` reads the variable
// once, when it is loaded; therefore nothing that loads it is imported before the variable is set.
// Every test file runs in a process of its own.
beforeAll(() => {
  vi.stubEnv('DEBUG', '*');
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      printed.push(String(chunk));
      return true;
    });
  }
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

function privateOctetsOf(seal: KeySeal, key: SigningKey): readonly Buffer[] {
  const { organizationId, id: keyId, purpose } = key;
  const sealed = key.sealed ?? new Uint8Array();
  const pkcs8 = Buffer.from(seal.open(sealed, { organizationId, keyId, purpose }));
  const { d = '' } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({
    format: 'jwk',
  });
  return [pkcs8, Buffer.from(d, 'base64url'), Buffer.from(sealed)];
}

/** The ways in which octets get into a log; of arrays and buffers, how they begin. */
function spellingsOf(octets: Buffer): readonly string[] {
  const beginning = [...octets.subarray(0, 12)];
  return [
    octets.toString('hex'),
    octets.toString('base64'),
    octets.toString('base64url'),
    beginning.join(','),
    beginning.join(', '),
    beginning.map((octet) => octet.toString(16).padStart(2, '0')).join(' '),
  ];
}

it('holds no private key, sealed or open, when keys are made and used', async () => {
  const { makeKey, newSeal, recordedCredential, recordedStatusToken } = await import(
    './made-keys.ts'
  );
  const { createVeramoSigner } = await import('../../src/veramo/veramo-signer.ts');
  const seal = newSeal();
  const key = await makeKey(seal);
  const signer = createVeramoSigner({ seal });
  await signer.signCredential({ key, payload: recordedCredential });
  await signer.signStatusToken({ key, payload: recordedStatusToken });
  const stolen = { ...key, sealed: (await makeKey(newSeal())).sealed };
  await expect(
    signer.signCredential({ key: stolen, payload: recordedCredential }),
  ).rejects.toMatchObject({ code: 'key-not-usable' });

  const output = printed.join('');
  // That debugging is on, and shows what is public, is what gives the rest its meaning.
  expect(output).toContain('veramo:agent:keyManagerCreate');
  expect(output).toContain('veramo:agent:didManagerCreate');
  expect(output).toContain('veramo:agent:createVerifiableCredential');
  expect(output).toContain('veramo:agent:keyManagerSign');
  expect(output).toContain(key.publicJwk.x);
  for (const octets of privateOctetsOf(seal, key)) {
    expect(octets.length).toBeGreaterThanOrEqual(32);
    for (const spelling of spellingsOf(octets)) expect(output).not.toContain(spelling);
  }
  expect(output).not.toMatch(/privateKeyHex|"d\\?":|\bd: '/);
});
