import { type CompactJws, parseCompactJws } from '../../protocol/compact-jws.ts';
import { clockSkewMs, maxJwtBytes } from '../../protocol/limits.ts';
import {
  changeEvents,
  parseSecurityEvent,
  type SecurityEvent,
  securityEventType,
  streamEvents,
} from '../../protocol/security-event.ts';
import type { Fetch, Verifier } from '../ports.ts';
import { createSignatures, type Signatures } from '../resolve/signatures.ts';
import { EventDrops } from './event-drops.ts';
import { type KnownTransmitter, readReceiverOptions } from './receiver-options.ts';
import { ReplayMemory } from './replay-memory.ts';
import { createTransmitterKeys, type TransmitterKeys } from './transmitter-keys.ts';

/** One transmitter whose events are heard (SSF-1.0 §2). */
export interface Transmitter {
  /** Its name, exactly as its tokens have it in `iss`: of a registry, the base URL of an organization. */
  readonly issuer: string;
  /** What its tokens must have in `aud`; without it only those of a stream that was polled are heard. */
  readonly audience?: string;
  /** Where its keys are, if not where its own configuration says. */
  readonly jwksUri?: string;
  /** The DIDs that it speaks for; the did:web of its own URL unless given. */
  readonly speaksFor?: readonly string[];
}

/** What a receiver needs beside its verifier. */
export interface EventReceiverOptions {
  /** How keys are read: `guardedFetch()` of `sealwright/verifier/node`. */
  readonly fetch: Fetch;
  readonly transmitters: readonly Transmitter[];
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: () => number;
}

/** Why a token is refused (RFC 8935 §2.4). */
export type SetError =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied';

/**
 * What came of an event that was accepted: `dropped`, copies of its subject; `verification` and
 * `stream-updated`, it is about the stream; `ignored`, it is of a type that means nothing here;
 * `repeated`, it was here before; `outlived`, everything that is held is younger than it.
 */
export type EventEffect =
  | 'dropped'
  | 'verification'
  | 'stream-updated'
  | 'ignored'
  | 'repeated'
  | 'outlived';

/** A token was taken in: it need not be sent again. */
export interface AcceptedEvent {
  readonly outcome: 'accepted';
  readonly transmitter: string;
  readonly jti: string;
  /** URI of the type of the event. */
  readonly type: string;
  readonly effect: EventEffect;
  /** When it was issued, in milliseconds since the epoch. */
  readonly issuedAt: number;
  /** What a verification event brings back, if anything. */
  readonly state: string | undefined;
}

/** A token is worth nothing, and would not be if it came again. */
export interface RefusedEvent {
  readonly outcome: 'refused';
  readonly error: SetError;
  /** One sentence that holds nothing of the token. */
  readonly description: string;
}

/** It could not be found out whether the token is any good: it may be sent again. */
export interface PostponedEvent {
  readonly outcome: 'postponed';
  readonly description: string;
}

/** What became of a token. */
export type Receipt = AcceptedEvent | RefusedEvent | PostponedEvent;

/** From which transmitter, and for which audience, a token must be that came over a polled stream. */
export interface EventOrigin {
  readonly issuer: string;
  readonly audience: string;
}

/** Takes in security event tokens. */
export interface EventReceiver {
  /** Judges a compact token, and drops what it makes old. Never throws for input. */
  receive(set: unknown, origin?: EventOrigin): Promise<Receipt>;
}

/**
 * A receiver of security events, by which a verifier learns at once of what it would otherwise find
 * out within the time that it holds copies. Nothing is decided by an event, and none is believed: it
 * only has what is held read again, before the next verdict. It counts only if it is signed by a
 * transmitter that was named, which speaks for an issuer that the policy in force trusts.
 *
 * @throws TypeError for options that are wrong or unknown: all faults at once.
 */
export function createEventReceiver(
  verifier: Verifier,
  options: EventReceiverOptions,
): EventReceiver {
  const { fetch, clock, transmitters } = readReceiverOptions(verifier, options);
  return new Receiver({ verifier, fetch, clock, transmitters });
}

/** Beyond this nothing is held that was read before: the longest age of a list and its longest grace. */
const memoryMs = 2 * 3_600_000;

class Receiver implements EventReceiver {
  readonly #transmitters: ReadonlyMap<string, KnownTransmitter & { readonly drops: EventDrops }>;
  readonly #keys: TransmitterKeys;
  readonly #signatures: Signatures = createSignatures();
  readonly #replays = new ReplayMemory();
  readonly #verifier: Verifier;
  readonly #clock: () => number;

  constructor(order: {
    readonly verifier: Verifier;
    readonly fetch: Fetch;
    readonly clock: () => number;
    readonly transmitters: readonly KnownTransmitter[];
  }) {
    const { verifier, fetch, clock, transmitters } = order;
    this.#verifier = verifier;
    this.#clock = clock;
    this.#keys = createTransmitterKeys({ fetch, clock });
    this.#transmitters = new Map(
      transmitters.map((transmitter) => [
        transmitter.issuer,
        { ...transmitter, drops: this.#dropsFor(transmitter) },
      ]),
    );
  }

  async receive(set: unknown, origin?: EventOrigin): Promise<Receipt> {
    const jws = parseCompactJws(set, { maxBytes: maxJwtBytes, typ: [securityEventType] });
    const event = jws.ok ? parseSecurityEvent(jws.value.payload) : jws;
    if (!jws.ok || !event.ok) {
      const [fault] = jws.ok && !event.ok ? event.faults : jws.ok ? [] : jws.faults;
      return refuse('invalid_request', `not a security event token: ${fault?.rule ?? 'format'}`);
    }
    return (
      this.#judgeOrigin(event.value, origin) ??
      (await this.#judgeSignature(jws.value, event.value)) ??
      this.#take(event.value)
    );
  }

  #dropsFor({ issuer, speaksFor }: KnownTransmitter): EventDrops {
    const verifier = this.#verifier;
    const issuers = () => speaksFor.filter((did) => verifier.trusts(did));
    return new EventDrops({ verifier, base: issuer.replace(/\/$/, ''), issuers });
  }

  /** What can be said before any key is looked for, so that a stranger's token costs no request. */
  #judgeOrigin(event: SecurityEvent, origin: EventOrigin | undefined): Receipt | undefined {
    const transmitter = this.#transmitters.get(event.iss);
    if (transmitter === undefined || (origin !== undefined && origin.issuer !== event.iss)) {
      return refuse('invalid_issuer', 'the issuer is not a transmitter that is heard here');
    }
    const audience = origin?.audience ?? transmitter.audience;
    // RFC 8417 §2.2 and RFC 8725 §3.9: a token for somebody else is not for us.
    if (audience === undefined || !event.aud.includes(audience)) {
      return refuse('invalid_audience', 'the token is for another audience');
    }
    if (!transmitter.speaksFor.some((did) => this.#verifier.trusts(did))) {
      return refuse('access_denied', 'the transmitter speaks for no issuer that is trusted here');
    }
    return event.issuedAt > this.#clock() + clockSkewMs
      ? refuse('invalid_request', 'the token is from the future')
      : undefined;
  }

  async #judgeSignature(jws: CompactJws, event: SecurityEvent): Promise<Receipt | undefined> {
    const jwksUri = this.#transmitters.get(event.iss)?.jwksUri;
    const key = await this.#keys.find({ issuer: event.iss, jwksUri, kid: jws.header.kid });
    if (key === 'unavailable') {
      return { outcome: 'postponed', description: 'the keys of the transmitter cannot be had now' };
    }
    if (key === 'missing') return refuse('invalid_key', 'the transmitter has no key of that name');
    return (await this.#signatures.verifyOnce(jws, key))
      ? undefined
      : refuse('authentication_failed', 'the signature does not fit the key');
  }

  #take(event: SecurityEvent): AcceptedEvent {
    const { iss: transmitter, jti, type, issuedAt, payload } = event;
    const { state } = payload;
    return {
      outcome: 'accepted',
      transmitter,
      jti,
      type,
      effect: this.#effectOf(event),
      issuedAt,
      state: typeof state === 'string' ? state : undefined,
    };
  }

  #effectOf(event: SecurityEvent): EventEffect {
    if (!this.#replays.isNew(event)) return 'repeated';
    if (event.type === streamEvents.verification) return 'verification';
    if (event.type === streamEvents.updated) return 'stream-updated';
    if (event.notice === undefined && !changeEvents.includes(event.type)) return 'ignored';
    if (event.issuedAt < this.#clock() - memoryMs) return 'outlived';
    this.#transmitters.get(event.iss)?.drops.apply(event);
    return 'dropped';
  }
}

function refuse(error: SetError, description: string): RefusedEvent {
  return { outcome: 'refused', error, description };
}
