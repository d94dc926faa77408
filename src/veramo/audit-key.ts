import { newId } from '../kernel/new-id.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyId, SigningKey } from '../keys/signing-key.ts';
import { algorithmOf, jwkThumbprint } from '../protocol/jwk.ts';
import { makeSealedKey } from './private-key.ts';

/** Where an audit key is entered: in no DID document, because it vouches for no identity. */
export type AuditKeyOrder = Pick<SigningKey, 'organizationId' | 'did'> & { readonly at: Date };

/** Makes an active Ed25519 key for the checkpoints of the audit trail, sealed; nothing is stored. */
export async function makeAuditKey(seal: KeySeal, order: AuditKeyOrder): Promise<SigningKey> {
  const { organizationId, did, at } = order;
  const id = newId<KeyId>('key', at);
  const draft = {
    id,
    organizationId,
    did,
    purpose: 'audit',
    state: 'active',
    createdAt: at,
  } as const;
  const { publicJwk, sealed } = makeSealedKey(seal, draft);
  return {
    ...draft,
    algorithm: algorithmOf(publicJwk),
    thumbprint: await jwkThumbprint(publicJwk),
    publicJwk,
    sealed,
    stateSince: at,
    listedUntil: null,
    activatesAt: null,
    revokedAt: null,
  };
}
