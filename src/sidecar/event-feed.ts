import type { IncomingMessage } from 'node:http';
import {
  createEventReceiver,
  type EventReceiver,
  type Receipt,
} from '../verifier/events/event-receiver.ts';
import {
  type FollowedStream,
  followTransmitter,
  type StreamPhase,
} from '../verifier/events/follow-transmitter.ts';
import { notAuthenticated, type PushAnswer, pushAnswer } from '../verifier/events/push-endpoint.ts';
import type { StreamCall } from '../verifier/events/stream-call.ts';
import type { EventSource, Fetch, Verifier } from '../verifier/ports.ts';
import type { Answer } from './answer.ts';
import { checkMethod } from './check-method.ts';
import { EventCounts } from './event-counts.ts';
import { Refusal } from './problems.ts';
import { readToken } from './read-body.ts';
import { pathOf, type SideRoute } from './side-route.ts';
import { tokenCheck } from './token.ts';

/** A transmitter, and the token that it wants, or presents. */
export interface HeardTransmitter {
  readonly source: EventSource;
  /** Gives the token; called at the moment it is needed. */
  readonly token: () => string;
}

/** What a feed of events needs. */
export interface EventFeedOptions {
  readonly verifier: Verifier;
  readonly fetch: Fetch;
  readonly call: StreamCall;
  readonly transmitters: readonly HeardTransmitter[];
  /** Takes what an operator should know, in one line without its end. */
  readonly say: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** How the events of one transmitter come, as `/readyz` shows it. */
export interface EventSourceState {
  readonly transmitter: string;
  readonly delivery: EventSource['delivery'];
  /** A pushed stream is `unproved` until something came. */
  readonly state: StreamPhase;
  /** Why it is down: the name of a rule. */
  readonly reason: string | null;
  /** Whole seconds since the last event; null when there was none yet. */
  readonly lastEventAgeS: number | null;
}

const path = '/ssf/events';
const bodyWithinMs = 5_000;

/**
 * The events of the transmitters of a policy: those that are polled, and those that are pushed to
 * `/ssf/events`. Nothing depends on it: while a stream is down, the verifier finds out by itself, as
 * soon as its limits have it look.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #receiver: EventReceiver;
  readonly #counts: EventCounts;
  readonly #streams = new Map<string, FollowedStream>();
  #onDropped: () => void = () => undefined;

  /** @throws TypeError when a transmitter cannot be heard by this fetch. */
  constructor(options: EventFeedOptions) {
    const { verifier, fetch, transmitters, clock = Date.now } = options;
    const heard = transmitters.map(({ source }) => {
      const { transmitter: issuer, audience, jwksUri, speaksFor } = source;
      return {
        issuer,
        ...(audience === undefined ? {} : { audience }),
        ...(jwksUri === undefined ? {} : { jwksUri }),
        ...(speaksFor === undefined ? {} : { speaksFor }),
      };
    });
    this.#options = options;
    this.#counts = new EventCounts(clock);
    this.#receiver = createEventReceiver(verifier, { fetch, clock, transmitters: heard });
  }

  /** The endpoint for what is pushed, and the metrics of all. */
  get route(): SideRoute {
    return {
      path,
      // Whoever pushes presents the token of his stream, and not that of the sidecar.
      isPublic: true,
      answer: (request) => this.#answer(request),
      metrics: () => this.#counts.render(this.states()),
    };
  }

  /** Has this called whenever copies were dropped. */
  onDropped(listener: () => void): void {
    this.#onDropped = listener;
  }

  /** Begins to follow what is polled. `name` tells the streams of this process from those of others. */
  start(name: string): void {
    const { fetch, call, say, transmitters } = this.#options;
    for (const { source, token } of transmitters) {
      const { transmitter: issuer, delivery, stream = name } = source;
      if (delivery === 'push') continue;
      const followed = followTransmitter({
        receiver: this.#receiver,
        ...{ issuer, fetch, call, token },
        name: stream,
        onReceipt: (receipt) => this.#note(issuer, receipt),
        onState: ({ phase, reason }) =>
          say(`the events of ${issuer} are ${phase}${reason === null ? '' : ` (${reason})`}`),
      });
      this.#streams.set(issuer, followed);
    }
  }

  /** How the events of every transmitter come, in the order of the policy. */
  states(): readonly EventSourceState[] {
    return this.#options.transmitters.map(({ source: { transmitter, delivery } }) => {
      const lastEventAgeS = this.#counts.ageS(transmitter);
      const stream = this.#streams.get(transmitter)?.state;
      const pushed = lastEventAgeS === null ? 'unproved' : 'up';
      const state = delivery === 'push' ? pushed : (stream?.phase ?? 'connecting');
      return { transmitter, delivery, state, reason: stream?.reason ?? null, lastEventAgeS };
    });
  }

  /** Stops following. A stream that has no name of its own in the policy is taken away. */
  async close(): Promise<void> {
    const own = this.#options.transmitters.filter(({ source }) => source.stream === undefined);
    const unnamed = new Set(own.map(({ source }) => source.transmitter));
    const closing = [...this.#streams].map(([issuer, stream]) =>
      stream.close({ remove: unnamed.has(issuer) }),
    );
    await Promise.all(closing);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const pushing = this.#options.transmitters.filter(({ source }) => source.delivery === 'push');
    if (pathOf(request) !== path || pushing.length === 0) throw new Refusal('route-not-found');
    checkMethod(request, ['POST']);
    const { authorization } = request.headers;
    const known = pushing.filter(({ token }) => tokenCheck(token())(authorization));
    const [first, second] = known.map(({ source }) => source);
    if (first === undefined) {
      this.#counts.countStranger();
      return answerOf(notAuthenticated);
    }
    const set = await readToken(request, bodyWithinMs);
    // One token may be that of several streams; then each of them is heard by its own name.
    const { transmitter: issuer, audience = '' } = first;
    const origin = second === undefined ? { issuer, audience } : undefined;
    const receipt = await this.#receiver.receive(set, origin);
    this.#note(receipt.outcome === 'accepted' ? receipt.transmitter : issuer, receipt);
    return answerOf(pushAnswer(receipt));
  }

  #note(transmitter: string, receipt: Receipt): void {
    this.#counts.count(transmitter, receipt);
    if (receipt.outcome === 'accepted' && receipt.effect === 'dropped') this.#onDropped();
  }
}

function answerOf({ status, headers, body }: PushAnswer): Answer {
  return { status, headers, body };
}
