import type { ManagedKeyInfo } from '@veramo/core-types';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { algorithmOf, jwkThumbprint, type PublicJwk } from '../protocol/jwk.ts';
import type { KeyRing } from './key-ring.ts';
import { type KeyDraft, managedKeyOf } from './managed-key.ts';
import { SigningKms, unsupported } from './signing-kms.ts';

/** Knows the public half of keys whose private half never comes here; it signs nothing. */
export class HeldElsewhereKms extends SigningKms {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    super();
    this.#ring = ring;
  }

  /** Takes the public key in as the key of the draft. */
  override async createKey(order: {
    readonly meta?: { readonly draft: KeyDraft; readonly publicJwk: PublicJwk };
  }): Promise<ManagedKeyInfo> {
    if (order.meta === undefined) return unsupported('createKey without a draft');
    const { draft, publicJwk } = order.meta;
    const key: SigningKey = {
      ...draft,
      algorithm: algorithmOf(publicJwk),
      thumbprint: await jwkThumbprint(publicJwk),
      publicJwk,
      sealed: null,
      stateSince: draft.createdAt,
      listedUntil: null,
      activatesAt: null,
      revokedAt: null,
    };
    this.#ring.add(key);
    return managedKeyOf(key);
  }

  override sign(): Promise<never> {
    return Promise.reject(
      new SealwrightError('key-not-usable', 'The private half of this key is held elsewhere.'),
    );
  }
}
