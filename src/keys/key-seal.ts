import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SealwrightError } from '../kernel/sealwright-error.ts';

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const masterKeyBytes = 32;

/** What a sealed key is bound to: opening it as anything else fails. */
export interface SealContext {
  readonly organizationId: string;
  readonly keyId: string;
  readonly purpose: string;
}

/**
 * Wraps private keys with AES-256-GCM under the master key. The associated data binds the version,
 * the organization, the key and its purpose, so that a sealed key moved to another row does not open.
 */
export class KeySeal {
  readonly #masterKey: Uint8Array;

  /** `masterKey`: exactly 32 bytes. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.byteLength !== masterKeyBytes) {
      throw new TypeError('The master key has 32 bytes.');
    }
    this.#masterKey = masterKey;
  }

  seal(secret: Uint8Array, context: SealContext): Uint8Array {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#masterKey, nonce);
    cipher.setAAD(associatedData(context));
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Uint8Array.of(version), nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws `key-not-usable` for a wrong master key, an altered box or another context. */
  open(box: Uint8Array, context: SealContext): Uint8Array {
    const header = 1 + nonceBytes + tagBytes;
    if (box[0] !== version || box.byteLength <= header) {
      throw new SealwrightError('key-not-usable', 'A sealed key has an unknown form.');
    }
    try {
      const nonce = box.subarray(1, 1 + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', this.#masterKey, nonce);
      decipher.setAAD(associatedData(context));
      decipher.setAuthTag(box.subarray(1 + nonceBytes, header));
      return Buffer.concat([decipher.update(box.subarray(header)), decipher.final()]);
    } catch (cause) {
      throw new SealwrightError('key-not-usable', 'The master key does not open a sealed key.', {
        cause,
      });
    }
  }
}

function associatedData(context: SealContext): Uint8Array {
  const { organizationId, keyId, purpose } = context;
  return Buffer.from(JSON.stringify([version, organizationId, keyId, purpose]));
}
