import type { Parsed, Refused } from '../../protocol/parsed.ts';
import type { Fetch } from '../ports.ts';
import type { EventReceiver, Receipt, SetError } from './event-receiver.ts';
import type { StreamCall } from './stream-call.ts';
import {
  type PollAnswer,
  type PolledStream,
  readTransmitterConfiguration,
  StreamClient,
} from './stream-client.ts';

/** What following a transmitter needs. */
export interface FollowOrder {
  readonly receiver: EventReceiver;
  /** The transmitter, as the receiver knows it. */
  readonly issuer: string;
  /** How its configuration is read: `guardedFetch()`. */
  readonly fetch: Fetch;
  /** How its streams are called: `guardedPost()`. */
  readonly call: StreamCall;
  /** What it wants as a bearer token; asked for before every call, never kept. */
  readonly token: () => string;
  /** What the stream is known by at the transmitter: one for each process that follows it. */
  readonly name: string;
  /** Hears of every token that came, and of every change of the state. */
  readonly onReceipt?: (receipt: Receipt) => void;
  readonly onState?: (state: StreamState) => void;
  /** Milliseconds before the first attempt after a failure; it doubles up to a minute. */
  readonly firstPauseMs?: number;
}

/**
 * How a stream is: `connecting`, at the start; `unproved`, it is there, and no event has come over it
 * yet, not even the verification event that was asked for; `up`, one came; `down`, it does not answer,
 * and is tried again; `closed`.
 */
export type StreamPhase = 'connecting' | 'unproved' | 'up' | 'down' | 'closed';

/** The state of a stream that is followed. */
export interface StreamState {
  readonly phase: StreamPhase;
  /** Why it is down: the rule that was broken, such as `http-401`, and nothing that a peer sent. */
  readonly reason: string | null;
}

/** A stream that is followed until it is closed. */
export interface FollowedStream {
  readonly state: StreamState;
  /** Stops; with `remove` the stream is taken away at the transmitter, within five seconds. */
  close(options?: { readonly remove?: boolean }): Promise<void>;
}

const firstPauseMs = 250;
const longestPauseMs = 60_000;
/** A transmitter that does not hold its answers is not asked more often than this. */
const emptyPauseMs = 500;
const removalWithinMs = 5_000;

/**
 * Follows the events of a transmitter: makes or finds its own stream there, has a verification event
 * sent to prove it, and polls, until it is closed. Whatever goes wrong, it is tried again after growing
 * pauses; the verifier goes on as if there were no events, which is what its limits are for.
 */
export function followTransmitter(order: FollowOrder): FollowedStream {
  return new Follower(order);
}

class Follower implements FollowedStream {
  readonly #order: FollowOrder;
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;
  readonly #acknowledged: string[] = [];
  readonly #refused = new Map<string, { readonly err: SetError; readonly description: string }>();
  #state: StreamState = { phase: 'connecting', reason: null };
  #stream: PolledStream | undefined;
  #provedId: string | undefined;

  constructor(order: FollowOrder) {
    this.#order = order;
    this.#done = this.#run();
  }

  get state(): StreamState {
    return this.#state;
  }

  async close({ remove = false }: { readonly remove?: boolean } = {}): Promise<void> {
    if (this.#state.phase === 'closed') return;
    this.#ending.abort();
    await this.#done;
    this.#become('closed');
    const stream = this.#stream;
    if (!remove || stream === undefined) return;
    const client = await this.#clientFor(AbortSignal.timeout(removalWithinMs));
    if (client.ok) await client.value.remove(stream);
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const least = this.#order.firstPauseMs ?? firstPauseMs;
    let pauseMs = least;
    while (!signal.aborted) {
      const trouble = await this.#follow(() => {
        pauseMs = least;
      });
      if (signal.aborted) return;
      this.#become('down', trouble.faults[0]?.rule ?? 'unknown');
      // Receivers that lost one transmitter together do not come back together.
      await this.#wait(pauseMs * (0.75 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** Opens the stream and polls it until something goes wrong, which is what it comes back with. */
  async #follow(onAnswer: () => void): Promise<Refused> {
    const client = await this.#clientFor(this.#ending.signal);
    if (!client.ok) return client;
    const stream = await client.value.open(this.#order.name);
    if (!stream.ok) return stream;
    this.#stream = stream.value;
    this.#acknowledged.length = 0;
    this.#refused.clear();
    this.#become('unproved');
    // A transmitter may refuse to be asked so often: any other event proves the stream as well, and
    // one that was proved before still is.
    const asked = await client.value.verify(stream.value, crypto.randomUUID());
    if (!asked.ok && stream.value.id === this.#provedId) this.#become('up');
    for (;;) {
      const began = performance.now();
      const answer = await this.#poll(client.value, stream.value);
      if (!answer.ok) return answer;
      onAnswer();
      const left = await this.#take(answer.value, stream.value);
      const empty = answer.value.sets.size === 0 && performance.now() - began < emptyPauseMs;
      if (left || empty) await this.#wait(emptyPauseMs);
    }
  }

  async #clientFor(signal: AbortSignal): Promise<Parsed<StreamClient>> {
    const { issuer, fetch, call, token } = this.#order;
    const configuration = await readTransmitterConfiguration(fetch, issuer);
    if (!configuration.ok) return configuration;
    const client = new StreamClient({
      issuer,
      configuration: configuration.value,
      call,
      token: token(),
      signal,
    });
    return { ok: true, value: client };
  }

  async #poll(client: StreamClient, stream: PolledStream): Promise<Parsed<PollAnswer>> {
    const acknowledged = [...this.#acknowledged];
    const refused = new Map(this.#refused);
    const answer = await client.poll(stream, { acknowledged, refused, returnImmediately: false });
    if (answer.ok) {
      this.#acknowledged.splice(0, acknowledged.length);
      for (const jti of refused.keys()) this.#refused.delete(jti);
    }
    return answer;
  }

  /** Takes in what came, and says whether something was left for another time. */
  async #take({ sets }: PollAnswer, { audience }: PolledStream): Promise<boolean> {
    const { receiver, issuer, onReceipt } = this.#order;
    let left = false;
    for (const [jti, set] of sets) {
      const receipt = await receiver.receive(set, { issuer, audience });
      if (receipt.outcome === 'accepted') this.#acknowledged.push(jti);
      if (receipt.outcome === 'refused') {
        const { error: err, description } = receipt;
        this.#refused.set(jti, { err, description });
      }
      left ||= receipt.outcome === 'postponed';
      if (receipt.outcome === 'accepted') this.#prove();
      onReceipt?.(receipt);
    }
    return left;
  }

  #prove(): void {
    this.#provedId = this.#stream?.id;
    this.#become('up');
  }

  #become(phase: StreamPhase, reason: string | null = null): void {
    if (this.#state.phase === phase && this.#state.reason === reason) return;
    this.#state = { phase, reason };
    this.#order.onState?.(this.#state);
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}
