import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../../src/protocol/base64url.ts';
import type { CompactJws } from '../../../src/protocol/compact-jws.ts';
import type { PublicJwk } from '../../../src/protocol/jwk.ts';
import { createSignatures } from '../../../src/verifier/resolve/signatures.ts';
import { createKey, signCompact, type TestKey } from '../support/paper-world.ts';

/** A token whose text is genuine; the rest of it plays no part in its verification. */
async function sign(key: TestKey, text = 'x'): Promise<CompactJws> {
  const header = { alg: key.alg, kid: 'did:web:id.acme.com#k', typ: 'vc+jwt' };
  const signed = await signCompact(text, key, header);
  return { text: signed, header, payloadText: text, payload: {}, signature: new Uint8Array() };
}

const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

/** The key that is the mirror image of another of P-256: one and the same x, and the other y. */
function mirrored(jwk: PublicJwk): PublicJwk {
  if (jwk.kty !== 'EC') throw new Error('only a point of P-256 has two coordinates here');
  const y = BigInt(`0x${Buffer.from(jwk.y, 'base64url').toString('hex')}`);
  const other = (p - y).toString(16).padStart(64, '0');
  return { ...jwk, y: encodeBase64url(Uint8Array.from(Buffer.from(other, 'hex'))) };
}

describe('a signature that verified', () => {
  it.each(['ES256', 'Ed25519'] as const)('is remembered for its key alone: %s', async (alg) => {
    const signatures = createSignatures();
    const [key, other] = [await createKey(alg), await createKey(alg)];
    const jws = await sign(key);
    expect(await signatures.verify(jws, key.jwk)).toBe(true);
    // At once, and not by a promise: nothing was computed.
    expect(signatures.verify(jws, key.jwk)).toBe(true);
    expect(signatures.verify(jws, { ...key.jwk })).toBe(true);
    expect(await signatures.verify(jws, other.jwk)).toBe(false);
    expect(signatures.verify(jws, key.jwk)).toBe(true);
  });

  it('is nothing to the key with the same x and the other y', async () => {
    const signatures = createSignatures();
    const key = await createKey();
    const jws = await sign(key);
    expect(await signatures.verify(jws, key.jwk)).toBe(true);
    expect(await signatures.verify(jws, mirrored(key.jwk))).toBe(false);
    const mirror = await sign(key);
    const both = [signatures.verify(mirror, key.jwk), signatures.verify(mirror, mirrored(key.jwk))];
    expect(await Promise.all(both)).toEqual([true, false]);
  });

  it.each(['ES256', 'Ed25519'] as const)(
    'is not lent to another key that is asked for meanwhile: %s',
    async (alg) => {
      const signatures = createSignatures();
      const [key, other] = [await createKey(alg), await createKey(alg)];
      const jws = await sign(key);
      const both = [signatures.verify(jws, key.jwk), signatures.verify(jws, other.jwk)];
      expect(await Promise.all(both)).toEqual([true, false]);
    },
  );

  it('is not remembered by who asks once', async () => {
    const signatures = createSignatures();
    const key = await createKey('Ed25519');
    const jws = await sign(key);
    expect(await signatures.verifyOnce(jws, key.jwk)).toBe(true);
    expect(signatures.verify(jws, key.jwk)).toBeInstanceOf(Promise);
  });

  it('is remembered for as long as there is room for 32 Mi characters', async () => {
    const signatures = createSignatures();
    const key = await createKey('Ed25519');
    const [first, second, third] = [
      await sign(key, '1'.repeat(11_000_000)),
      await sign(key, '2'.repeat(11_000_000)),
      await sign(key, '3'.repeat(11_000_000)),
    ];
    expect(await signatures.verify(first, key.jwk)).toBe(true);
    expect(await signatures.verify(second, key.jwk)).toBe(true);
    expect(signatures.verify(first, key.jwk)).toBe(true);
    expect(await signatures.verify(third, key.jwk)).toBe(true);
    expect(signatures.verify(first, key.jwk)).toBe(true);
    expect(signatures.verify(second, key.jwk)).toBeInstanceOf(Promise);
  });
});

describe('a signature that did not verify', () => {
  it('is not remembered as one that did', async () => {
    const signatures = createSignatures();
    const [key, other] = [await createKey(), await createKey()];
    const jws = await sign(key);
    expect(await signatures.verify(jws, other.jwk)).toBe(false);
    expect(await signatures.verify(jws, other.jwk)).toBe(false);
  });

  it.each([
    ['ES256', 'Ed25519'],
    ['EdDSA', 'ES256'],
    ['Ed25519', 'ES256'],
  ] as const)('RFC 8725 §3.1: %s does not go with a key of %s', async (alg, kind) => {
    const key = await createKey(kind);
    const jws = await sign(key);
    const claimed = { ...jws, header: { ...jws.header, alg } };
    expect(await createSignatures().verifyOnce(claimed, key.jwk)).toBe(false);
  });

  it('is none when the token was read as another than it is', async () => {
    const key = await createKey('Ed25519');
    const jws = await sign(key);
    const misread = { ...jws, header: { ...jws.header, alg: 'EdDSA' } };
    expect(await createSignatures().verifyOnce(misread, key.jwk)).toBe(false);
  });
});
