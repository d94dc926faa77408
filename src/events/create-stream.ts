import type { Actor } from '../audit/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { PostToEndpoint } from './endpoint.ts';
import { checkEndpoint, refuseExcess, type SubscriptionStores } from './find-subscription.ts';
import type { Subscription } from './subscription.ts';
import { sealSecret } from './subscription-secret.ts';

/** What making and changing streams needs. */
export interface StreamDeps {
  readonly work: UnitOfWork<SubscriptionStores>;
  readonly post: Pick<PostToEndpoint, 'judge'>;
  readonly seal: KeySeal;
  readonly clock: Clock;
}

/** How a receiver wants its events: pushed to a URL of its own, or to be polled. */
export type StreamDelivery =
  | { readonly method: 'poll' }
  | {
      readonly method: 'push';
      readonly url: string;
      /** Sent along as the Authorization header of every push; null for none. */
      readonly authorization: string | null;
    };

/** The stream that a receiver asks for. */
export interface CreateStreamInput {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  readonly delivery: StreamDelivery;
  readonly description: string | null;
  /** Event URIs, of which those that there are count; empty means all. */
  readonly events: readonly string[];
  /** The `aud` that both sides agreed upon; null has us choose one. */
  readonly audience: string | null;
}

/**
 * Makes a stream that delivers what happens from now on (SSF §8.1.1.1). Throws `invalid-input` for a
 * URL that the guard refuses.
 */
export async function createStream(
  deps: StreamDeps,
  input: CreateStreamInput,
): Promise<Subscription> {
  await checkDelivery(deps, input.delivery);
  return deps.work.run(async (stores) => {
    await refuseExcess(stores, input.organizationId, 'stream');
    const draft = draftOf(deps, input);
    await stores.audit.append([
      {
        organizationId: draft.organizationId,
        actor: input.actor,
        action: 'stream.created',
        subject: draft.id,
        reason: null,
        details: { method: input.delivery.method, url: draft.url, events: input.events },
      },
    ]);
    const made = { ...draft, cursor: await stores.outbox.head() };
    await stores.subscriptions.insert(made);
    return made;
  });
}

/** Refuses a push endpoint that nothing would be sent to. */
export async function checkDelivery(
  { post }: Pick<StreamDeps, 'post'>,
  delivery: StreamDelivery,
): Promise<void> {
  if (delivery.method === 'push') await checkEndpoint(post, delivery.url, '/delivery/endpoint_url');
}

/** The members of a stream that its delivery decides. */
export function deliveryMembers(
  seal: KeySeal,
  stream: Pick<Subscription, 'id' | 'organizationId' | 'kind'>,
  delivery: StreamDelivery,
): Pick<Subscription, 'url' | 'secret'> {
  if (delivery.method === 'poll') return { url: null, secret: null };
  const { url, authorization } = delivery;
  return { url, secret: authorization === null ? null : sealSecret(seal, stream, authorization) };
}

function draftOf(deps: StreamDeps, input: CreateStreamInput): Subscription {
  const at = deps.clock.now();
  const { organizationId, description, events, delivery } = input;
  const id = newId<Subscription['id']>('str', at);
  const named = { id, organizationId, kind: 'stream' } as const;
  return {
    ...named,
    ...deliveryMembers(deps.seal, named, delivery),
    tokenId: input.actor.id,
    ...{ description, events, audience: input.audience ?? `urn:sealwright:stream:${id}` },
    ...{ formerSecret: null, formerSecretUntil: null },
    ...{ state: 'enabled', stateReason: null, failingSince: null, verifiedAt: null, cursor: 0 },
    ...{ createdAt: at, updatedAt: at },
  };
}
