import type { KeySeal } from '../keys/key-seal.ts';
import type { Subscription } from './subscription.ts';

type Sealed = Pick<Subscription, 'id' | 'organizationId' | 'kind'>;

/** Seals the secret of a subscription, bound to it, so that it opens in no other row. */
export function sealSecret(seal: KeySeal, subscription: Sealed, secret: string): Uint8Array {
  return seal.seal(Buffer.from(secret), contextOf(subscription));
}

/** The secrets in force, the present one first; none where there is none. */
export function secretsOf(
  seal: KeySeal,
  subscription: Sealed & Pick<Subscription, 'secret' | 'formerSecret' | 'formerSecretUntil'>,
  at: Date,
): readonly string[] {
  const { secret, formerSecret, formerSecretUntil } = subscription;
  const isFormerInForce = formerSecretUntil !== null && formerSecretUntil > at;
  return [secret, isFormerInForce ? formerSecret : null].flatMap((box) =>
    box === null ? [] : [Buffer.from(seal.open(box, contextOf(subscription))).toString()],
  );
}

function contextOf({ id, organizationId, kind }: Sealed) {
  return { organizationId, keyId: id, purpose: `${kind}-secret` };
}
