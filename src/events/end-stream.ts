import type { AuditTrail } from '../audit/audit-trail.ts';
import { isUsable } from '../organizations/api-token.ts';
import type { ApiTokenReader } from '../organizations/api-token-store.ts';
import type { Subscription } from './subscription.ts';
import { type TellStateStores, tellState } from './tell-state.ts';

/** The stores that the end of a stream is read from and written to. */
export interface EndStreamStores extends TellStateStores {
  readonly tokens: ApiTokenReader;
  readonly audit: AuditTrail;
}

const stateReason = 'the token that made the stream is not valid any more';

/** Whether the token by which a receiver made its stream was revoked, or has run out. */
export async function hasLostToken(
  { tokens }: Pick<EndStreamStores, 'tokens'>,
  { organizationId, tokenId }: Subscription,
  at: Date,
): Promise<boolean> {
  if (tokenId === null) return false;
  const own = (await tokens.list(organizationId)).find(({ id }) => id === tokenId);
  return own === undefined || !isUsable(own, at);
}

/** Tells a stream nothing more but that it is disabled (SSF §8.1.5), and drops what waited for it. */
export async function endStream(
  stores: EndStreamStores,
  subscription: Subscription,
  at: Date,
): Promise<void> {
  const { id, organizationId } = subscription;
  await stores.deliveries.dropPending(id);
  await tellState(stores, { subscription, state: 'disabled', stateReason, at });
  await stores.subscriptions.change(id, { state: 'disabled', stateReason, updatedAt: at });
  await stores.audit.append([
    {
      organizationId,
      actor: { kind: 'system', id: 'look-out' },
      action: 'stream.updated',
      subject: id,
      reason: stateReason,
      details: { status: 'disabled' },
    },
  ]);
}
