import { sign, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeKeyPair } from '../../src/kernel/make-key-pair.ts';
import { parsePublicJwk } from '../../src/protocol/jwk.ts';

const sources = resolve(import.meta.dirname, '../../src');
const octets = Buffer.from('octets');

describe('a key pair', () => {
  it.each(['P-256', 'Ed25519'] as const)('on %s is one, and another each time', (crv) => {
    const { privateKey, publicKey } = makeKeyPair(crv);
    const digest = crv === 'P-256' ? 'sha256' : null;
    expect(verify(digest, octets, publicKey, sign(digest, octets, privateKey))).toBe(true);
    const { kty, x, y } = publicKey.export({ format: 'jwk' });
    const jwk = { kty, crv, x, ...(y === undefined ? {} : { y }) };
    expect(parsePublicJwk(jwk)).toMatchObject({ ok: true, value: { crv, x } });
    expect(makeKeyPair(crv).publicKey.export({ format: 'jwk' }).x).not.toBe(x);
  });

  it('is made here alone, where an export cannot stop the process', () => {
    const makers = readdirSync(sources, { recursive: true, encoding: 'utf8' })
      // The demo makes one key in its life.
      .filter((file) => file.endsWith('.ts') && !file.startsWith('demo'))
      .filter((file) => readFileSync(join(sources, file), 'utf8').includes('generateKeyPair'));
    expect(makers).toEqual([join('kernel', 'make-key-pair.ts')]);
  });
});
