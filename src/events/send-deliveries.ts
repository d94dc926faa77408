import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeySeal } from '../keys/key-seal.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { CompactToken, Signer } from '../keys/signer.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { pauseAfter } from './attempt-pauses.ts';
import type { Delivery, DeliveryOutcome } from './delivery.ts';
import type { EndpointAnswer, EndpointMessage, PostToEndpoint } from './endpoint.ts';
import { Shares } from './shares.ts';
import type { Subscription, SubscriptionId } from './subscription.ts';
import { secretsOf } from './subscription-secret.ts';
import type { SubscriptionReader, SubscriptionStore } from './subscription-store.ts';
import { type TellStateStores, tellState } from './tell-state.ts';
import { signatureHeaders } from './webhook-message.ts';

const attemptMs = 5_000;
/** Longer than an attempt takes: who has not recorded its end by then is gone. */
const leaseMs = 15_000;
/** Messages under way to one endpoint, and to one that did not answer well last time. */
const inFlight = 16;
const inFlightWhileFailing = 1;
/** An answer is looked at for its status; a short body is read so that the connection can stay. */
const maxAnswerBytes = 4_096;
/** How long nothing may have got through before an endpoint is given up with a message. */
const givenUpAfterMs = 12 * 3_600_000;

/** The stores that the ends of attempts are written to. */
export interface SendStores extends TellStateStores {
  readonly subscriptions: SubscriptionStore;
  readonly audit: AuditTrail;
}

/** What sending needs. */
export interface SendDeps {
  readonly work: UnitOfWork<SendStores>;
  readonly subscriptions: SubscriptionReader;
  readonly keys: KeyReader;
  readonly signer: Signer;
  readonly seal: KeySeal;
  readonly post: PostToEndpoint;
  readonly clock: Clock;
}

/**
 * Sends what is due to one subscription, some at a time, and records how it ended. Resolves with how
 * many were sent. A process that is killed meanwhile leaves leases that run out: what it had sent, but
 * not recorded, is then sent again under the same id. `shares` are of all who send in this process.
 */
export async function sendDeliveries(
  deps: SendDeps,
  id: SubscriptionId,
  shares: Shares = new Shares(),
): Promise<number> {
  const subscription = await deps.subscriptions.get(id);
  if (subscription === null) return 0;
  const { organizationId, failingSince } = subscription;
  const wanted = failingSince === null ? inFlight : inFlightWhileFailing;
  const limit = shares.take(organizationId, wanted);
  try {
    return await sendBatch(deps, subscription, limit);
  } finally {
    shares.give(organizationId, limit);
  }
}

async function sendBatch(
  deps: SendDeps,
  subscription: Subscription,
  limit: number,
): Promise<number> {
  const { id, url } = subscription;
  const leased = await deps.work.run((stores) => {
    const at = deps.clock.now();
    return stores.deliveries.lease(id, { at, until: new Date(at.getTime() + leaseMs), limit });
  });
  if (leased.length === 0) return 0;
  const dress = await dressFor(deps, subscription);
  const ended = await Promise.all(
    leased.map((delivery) => attempt(deps, { url: url ?? '', dress, delivery })),
  );
  await deps.work.run((stores) => record(stores, { subscription, ended, at: deps.clock.now() }));
  return leased.length;
}

/** The headers and the body of a delivery as it goes out now. */
type Dress = (delivery: Delivery) => Promise<Pick<EndpointMessage, 'headers' | 'body'>>;

async function dressFor(deps: SendDeps, subscription: Subscription): Promise<Dress> {
  const secrets = secretsOf(deps.seal, subscription, deps.clock.now());
  if (subscription.kind === 'webhook') {
    return async ({ id, body }) => {
      const signed = signatureHeaders({ id, body, at: deps.clock.now() }, secrets);
      return { body, headers: { 'content-type': 'application/json', ...signed } };
    };
  }
  const sign = await eventSigner(deps, subscription.organizationId);
  // RFC 8935 §2.1: the token is the body; SSF §6.1.1: the header that the receiver named goes along.
  const [authorization] = secrets;
  const headers = {
    'content-type': 'application/secevent+jwt',
    accept: 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
  };
  return async ({ body }) => ({ headers, body: await sign(body) });
}

/** Signs claims with the present event key of an organization. */
export async function eventSigner(
  deps: Pick<SendDeps, 'keys' | 'signer'>,
  id: OrganizationId,
): Promise<(claims: string) => Promise<CompactToken>> {
  const keys = await deps.keys.listEventKeys(id);
  const key = keys.findLast(({ state }) => state === 'active');
  if (key === undefined) {
    throw new SealwrightError('key-not-usable', 'The organization has no active key for events.');
  }
  return (payload) => deps.signer.signSecurityEvent({ key, payload });
}

interface Attempted {
  readonly delivery: Delivery;
  readonly answer: EndpointAnswer;
}

async function attempt(
  { post }: SendDeps,
  message: { readonly url: string; readonly dress: Dress; readonly delivery: Delivery },
): Promise<Attempted> {
  const { url, dress, delivery } = message;
  const bounds = { maxBytes: maxAnswerBytes, timeoutMs: attemptMs };
  return { delivery, answer: await post(url, { ...(await dress(delivery)), ...bounds }) };
}

interface Batch {
  readonly subscription: Subscription;
  readonly ended: readonly Attempted[];
  readonly at: Date;
}

async function record(stores: SendStores, batch: Batch): Promise<void> {
  const { subscription, ended, at } = batch;
  const { id } = subscription;
  const outcomes = ended.map((one) => outcomeOf(subscription, one, at));
  await stores.deliveries.record(id, outcomes);
  const isThrough = outcomes.some(({ state }) => state === 'delivered');
  const failingSince = isThrough ? null : (subscription.failingSince ?? at);
  if (failingSince?.getTime() !== subscription.failingSince?.getTime()) {
    await stores.subscriptions.change(id, { failingSince });
  }
  const reason = reasonToStop(batch, outcomes);
  if (reason !== null) await stop(stores, batch, reason);
}

function outcomeOf(
  subscription: Subscription,
  { delivery, answer }: Attempted,
  at: Date,
): DeliveryOutcome {
  const attempts = delivery.attempts + 1;
  const outcome = answer.ok ? String(answer.status) : answer.failure;
  const told = { id: delivery.id, attempts, outcome };
  if (answer.ok && answer.status >= 200 && answer.status < 300) {
    return { ...told, state: 'delivered', dueAt: at, endedAt: at };
  }
  const pause = isFinal(subscription, answer) ? null : pauseAfter(attempts);
  return pause === null
    ? { ...told, state: 'failed', dueAt: at, endedAt: at }
    : { ...told, state: 'pending', dueAt: new Date(at.getTime() + pause), endedAt: null };
}

// RFC 8935 §2.4: a receiver that answers 400 has read the token and refuses it, now and later.
function isFinal({ kind }: Subscription, answer: EndpointAnswer): boolean {
  return kind === 'stream' && answer.ok && answer.status === 400;
}

/** Why an endpoint is told nothing more, in words for people; null when it is. */
function reasonToStop(
  { subscription, ended, at }: Batch,
  outcomes: readonly DeliveryOutcome[],
): string | null {
  const { kind, failingSince, state } = subscription;
  if (state !== 'enabled') return null;
  const isGone = ended.some(({ answer }) => answer.ok && answer.status === 410);
  if (kind === 'webhook' && isGone) return 'the endpoint answered 410';
  const isGivenUp = outcomes.some((one) => one.state === 'failed' && one.outcome !== '400');
  const failingMs = failingSince === null ? 0 : at.getTime() - failingSince.getTime();
  if (!isGivenUp || failingMs < givenUpAfterMs) return null;
  return outcomes.some((one) => one.state === 'delivered') ? null : 'no attempt got through';
}

/** What happens from now on is told when it is enabled again. */
async function stop(
  stores: SendStores,
  { subscription, at }: Batch,
  stateReason: string,
): Promise<void> {
  const { id, organizationId, kind } = subscription;
  const isWebhook = kind === 'webhook';
  const state = isWebhook ? 'disabled' : 'paused';
  await stores.subscriptions.change(id, { state, stateReason, updatedAt: at });
  if (!isWebhook) await tellState(stores, { subscription, state, stateReason, at });
  await stores.audit.append([
    {
      organizationId,
      actor: { kind: 'system', id: 'events' },
      action: isWebhook ? 'webhook.disabled' : 'stream.paused',
      subject: id,
      reason: stateReason,
      details: {},
    },
  ]);
}
