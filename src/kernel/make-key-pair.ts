import {
  createPrivateKey,
  createPublicKey,
  type ED25519KeyPairOptions,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/** Both halves of a key. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const encodings: ED25519KeyPairOptions<'der', 'der'> = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
};

/**
 * Makes a key pair whose halves can be exported, as JWK too. Those that Node generates as objects are
 * not to be: an export as JWK locks the key, and garbage collection in the middle of it takes away the
 * generator, which locks the key as well. The thread then waits for itself for good.
 */
export function makeKeyPair(curve: 'P-256' | 'Ed25519'): KeyPair {
  const { privateKey: secret } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519', encodings)
      : generateKeyPairSync('ec', { namedCurve: curve, ...encodings });
  const privateKey = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
  secret.fill(0);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
