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
import type { ToldAction } from './told-action.ts';
import { mintWebhookSecret } from './webhook-message.ts';

/** What making and changing webhooks needs. */
export interface WebhookDeps {
  readonly work: UnitOfWork<SubscriptionStores>;
  readonly post: Pick<PostToEndpoint, 'judge'>;
  readonly seal: KeySeal;
  readonly clock: Clock;
}

/** The webhook that is asked for. No events: all of them. */
export interface CreateWebhookInput {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly ToldAction[];
}

/** A webhook with its secret, which is shown this once. */
export interface NewWebhook {
  readonly webhook: Subscription;
  readonly secret: string;
}

/**
 * Makes a webhook that is told what happens from now on. Throws `invalid-input` for a URL that the
 * guard refuses.
 */
export async function createWebhook(
  deps: WebhookDeps,
  input: CreateWebhookInput,
): Promise<NewWebhook> {
  await checkEndpoint(deps.post, input.url, '/url');
  const secret = mintWebhookSecret();
  const webhook = await deps.work.run(async (stores) => {
    await refuseExcess(stores, input.organizationId, 'webhook');
    const draft = draftOf(deps, input, secret);
    await stores.audit.append([
      {
        organizationId: draft.organizationId,
        actor: input.actor,
        action: 'webhook.created',
        subject: draft.id,
        reason: null,
        details: { url: input.url, events: input.events },
      },
    ]);
    const made = { ...draft, cursor: await stores.outbox.head() };
    await stores.subscriptions.insert(made);
    return made;
  });
  return { webhook, secret };
}

function draftOf(deps: WebhookDeps, input: CreateWebhookInput, secret: string): Subscription {
  const at = deps.clock.now();
  const { organizationId, url, description, events } = input;
  const named = {
    id: newId<Subscription['id']>('whk', at),
    organizationId,
    kind: 'webhook',
  } as const;
  return {
    ...named,
    ...{ url, description, events, tokenId: null, audience: null },
    secret: sealSecret(deps.seal, named, secret),
    ...{ formerSecret: null, formerSecretUntil: null },
    ...{ state: 'enabled', stateReason: null, failingSince: null, verifiedAt: null, cursor: 0 },
    ...{ createdAt: at, updatedAt: at },
  };
}
