import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { CompactToken, Signer } from '../keys/signer.ts';
import type { Delivery, DeliveryOutcome } from './delivery.ts';
import type { DeliveryReader, DeliveryStore } from './delivery-store.ts';
import { findSubscription, type SubscriptionRef } from './find-subscription.ts';
import type { Pulse } from './pulse.ts';
import { eventSigner } from './send-deliveries.ts';
import type { Subscription, SubscriptionId } from './subscription.ts';
import type { SubscriptionReader } from './subscription-store.ts';

/** Events in one answer, whatever a receiver asks for. */
export const mostPolled = 100;
const longestWaitMs = 30_000;
/** How often a waiting poll looks for what another process made ready. */
const lookEveryMs = 500;
const mostWaiting = 256;

/** What polling needs. */
export interface PollStreamDeps {
  readonly work: UnitOfWork<{ readonly deliveries: DeliveryStore }>;
  readonly subscriptions: SubscriptionReader;
  readonly deliveries: DeliveryReader;
  readonly keys: KeyReader;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly pulse: Pulse;
  /** Streams with a poll that waits, in this process. */
  readonly waitingPolls: Set<SubscriptionId>;
}

/** One poll (RFC 8936 §2.2): what was received, by `jti`, and what is wanted. */
export interface PollStreamInput extends SubscriptionRef {
  readonly maxEvents: number;
  readonly returnImmediately: boolean;
  readonly acknowledged: readonly string[];
  readonly refused: readonly string[];
}

/** Signed tokens by their `jti`. */
export interface PolledEvents {
  readonly sets: Readonly<Record<string, CompactToken>>;
  readonly moreAvailable: boolean;
}

/**
 * Takes what a receiver has acknowledged or refused off its stream, and gives it what is next: the
 * same again until it says that it has it. With nothing there it waits up to 30 seconds, one poll of
 * a stream at a time, unless it is to return at once.
 */
export async function pollStream(
  deps: PollStreamDeps,
  input: PollStreamInput,
): Promise<PolledEvents> {
  const stream = await findSubscription(deps, 'stream', input);
  if (stream.url !== null) {
    throw new SealwrightError('stream-not-found', 'The events of this stream are pushed.');
  }
  await settle(deps, stream, input);
  if (input.maxEvents === 0) return { sets: {}, moreAvailable: false };
  const limit = Math.min(input.maxEvents, mostPolled);
  const isPatient = !input.returnImmediately && isRoomToWait(deps, stream.id);
  const ready = isPatient
    ? await awaitReady(deps, input, limit)
    : await readReady(deps, input, limit);
  return signAll(deps, stream, ready, limit);
}

async function settle(
  deps: PollStreamDeps,
  stream: Subscription,
  { acknowledged, refused }: PollStreamInput,
): Promise<void> {
  const at = deps.clock.now();
  const ended = (state: 'delivered' | 'failed', outcome: string) => (jti: string) => {
    const id = jti.slice(stream.id.length + 1);
    return { id, state, outcome, attempts: 1, dueAt: at, endedAt: at } satisfies DeliveryOutcome;
  };
  const isOwn = (jti: string): boolean => jti.startsWith(`${stream.id}.`);
  const outcomes = [
    ...acknowledged.filter(isOwn).map(ended('delivered', 'acknowledged')),
    ...refused.filter(isOwn).map(ended('failed', 'refused')),
  ];
  if (outcomes.length === 0) return;
  await deps.work.run((stores) => stores.deliveries.record(stream.id, outcomes));
}

function isRoomToWait({ waitingPolls }: PollStreamDeps, id: SubscriptionId): boolean {
  return !waitingPolls.has(id) && waitingPolls.size < mostWaiting;
}

async function awaitReady(
  deps: PollStreamDeps,
  ref: SubscriptionRef,
  limit: number,
): Promise<readonly Delivery[]> {
  const { waitingPolls, pulse } = deps;
  const until = performance.now() + longestWaitMs;
  waitingPolls.add(ref.id);
  try {
    for (;;) {
      const { beats } = pulse;
      const ready = await readReady(deps, ref, limit);
      const leftMs = until - performance.now();
      if (ready.length > 0 || leftMs <= 0 || pulse.isOver) return ready;
      await pulse.wait(beats, Math.min(leftMs, lookEveryMs));
    }
  } finally {
    waitingPolls.delete(ref.id);
  }
}

/** One more than asked for, which tells whether there are more. A stream that is stopped gives none. */
async function readReady(
  deps: PollStreamDeps,
  ref: SubscriptionRef,
  limit: number,
): Promise<readonly Delivery[]> {
  const { state } = await findSubscription(deps, 'stream', ref);
  if (state !== 'enabled') return [];
  return deps.deliveries.listReady(ref.id, deps.clock.now(), limit + 1);
}

async function signAll(
  deps: PollStreamDeps,
  stream: Subscription,
  ready: readonly Delivery[],
  limit: number,
): Promise<PolledEvents> {
  if (ready.length === 0) return { sets: {}, moreAvailable: false };
  const sign = await eventSigner(deps, stream.organizationId);
  const entries = await Promise.all(
    ready.slice(0, limit).map(async ({ id, body }) => [`${stream.id}.${id}`, await sign(body)]),
  );
  return { sets: Object.fromEntries(entries), moreAvailable: ready.length > limit };
}
