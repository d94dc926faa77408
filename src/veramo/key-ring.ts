import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { SigningKey } from '../keys/signing-key.ts';

/**
 * The keys that one Veramo agent works with, by the name Veramo knows them under: their RFC 7638
 * thumbprint. The sealed private halves travel here, from the key management systems to the key
 * store, because Veramo prints what passes through its methods when debugging is on.
 */
export class KeyRing {
  readonly #keys = new Map<string, SigningKey>();

  add(key: SigningKey): void {
    this.#keys.set(key.thumbprint, key);
  }

  /** Throws `key-not-usable` when the agent has no such key. */
  get(thumbprint: string): SigningKey {
    const key = this.#keys.get(thumbprint);
    if (key === undefined) {
      throw new SealwrightError('key-not-usable', 'The signing agent does not hold this key.');
    }
    return key;
  }
}
