import type { KeyObject } from 'node:crypto';
import type { ManagedKeyInfo } from '@veramo/core-types';
import type { KeySeal } from '../keys/key-seal.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { algorithmOf, jwkThumbprint } from '../protocol/jwk.ts';
import type { KeyRing } from './key-ring.ts';
import { type KeyDraft, managedKeyOf } from './managed-key.ts';
import { makeSealedKey, openPrivateKey, signOctets } from './private-key.ts';
import { SigningKms, unsupported } from './signing-kms.ts';

/**
 * Makes P-256 keys and signs with sealed ones. A key that was opened stays open, in this object
 * alone, for as long as the agent lives.
 */
export class SealedKms extends SigningKms {
  readonly #seal: KeySeal;
  readonly #ring: KeyRing;
  readonly #opened = new Map<string, KeyObject>();

  constructor(seal: KeySeal, ring: KeyRing) {
    super();
    this.#seal = seal;
    this.#ring = ring;
  }

  /** Makes the key of the draft; the private half reaches the key store sealed, by the ring. */
  override async createKey(order: {
    readonly meta?: { readonly draft: KeyDraft };
  }): Promise<ManagedKeyInfo> {
    if (order.meta === undefined) return unsupported('createKey without a draft');
    const { draft } = order.meta;
    const { publicJwk, sealed } = makeSealedKey(this.#seal, draft);
    const key: SigningKey = {
      ...draft,
      algorithm: algorithmOf(publicJwk),
      thumbprint: await jwkThumbprint(publicJwk),
      publicJwk,
      sealed,
      stateSince: draft.createdAt,
      listedUntil: null,
      activatesAt: null,
      revokedAt: null,
    };
    this.#ring.add(key);
    return managedKeyOf(key);
  }

  /** The JWS signature of the octets, base64url. */
  override async sign(order: {
    readonly keyRef: { readonly kid: string };
    readonly data: Uint8Array;
  }): Promise<string> {
    const privateKey = this.#opened.get(order.keyRef.kid) ?? (await this.#open(order.keyRef.kid));
    return signOctets(privateKey, order.data);
  }

  async #open(thumbprint: string): Promise<KeyObject> {
    const privateKey = await openPrivateKey(this.#seal, this.#ring.get(thumbprint));
    this.#opened.set(thumbprint, privateKey);
    return privateKey;
  }
}
