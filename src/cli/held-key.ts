import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { makeKeyPair } from '../kernel/make-key-pair.ts';
import { encodeBase64url } from '../protocol/base64url.ts';
import type { SigningAlgorithm } from '../protocol/jwk.ts';
import { algorithmOf, jwkThumbprint, type PublicJwk, parsePublicJwk } from '../protocol/jwk.ts';
import { usageFailure } from './failure.ts';
import { readJsonObject } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/** A key of the agent's own. Its private half leaves the file for signatures alone. */
export interface HeldKey {
  readonly publicJwk: PublicJwk;
  readonly thumbprint: string;
  readonly algorithm: SigningAlgorithm;
  /** Signs a text; base64url, R and S side by side for ES256. */
  sign(text: string): string;
}

/** The key in a file; where there is no file, a new P-256 key in one that its owner alone reads. */
export async function openHeldKey(path: string, terminal: Terminal): Promise<HeldKey> {
  if (!existsSync(path)) return createKey(path);
  const jwk = await readJsonObject(path, terminal);
  try {
    return await heldKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
  } catch {
    throw usageFailure(`The file ${path} does not hold a private P-256 or Ed25519 key as a JWK.`);
  }
}

async function createKey(path: string): Promise<HeldKey> {
  const { privateKey } = makeKeyPair('P-256');
  const text = `${JSON.stringify(privateKey.export({ format: 'jwk' }), null, 2)}\n`;
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(text).finally(() => file.close());
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
    throw usageFailure(`The key file ${path} cannot be made (${code}).`);
  }
  return heldKeyOf(privateKey);
}

async function heldKeyOf(key: KeyObject): Promise<HeldKey> {
  const { d: _private, ...publicPart } = key.export({ format: 'jwk' });
  const parsed = parsePublicJwk(publicPart);
  if (!parsed.ok) throw new TypeError('Not a key that agents use.');
  const algorithm = algorithmOf(parsed.value);
  const hash = algorithm === 'ES256' ? 'sha256' : null;
  return {
    publicJwk: parsed.value,
    thumbprint: await jwkThumbprint(parsed.value),
    algorithm,
    sign: (text) =>
      encodeBase64url(sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })),
  };
}
