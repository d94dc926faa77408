import type { DidDocument } from '../../protocol/did-document.ts';
import type { Did } from '../../protocol/did-web.ts';
import type { FetchedResponse } from '../ports.ts';
import type { Dated } from './freshness.ts';
import { originAtOf } from './freshness.ts';
import type { ListFormat, StatusList, VerifiedList } from './verify-status-list.ts';

/** Which list is wanted, by whom it must be signed, and how old it may be. */
export interface ListRequest {
  readonly url: string;
  readonly format: ListFormat;
  readonly did: Did;
  /** The document of that DID as the verifier reads it now. */
  readonly issuerDocument: DidDocument;
  readonly plainLoopback: boolean;
  /** Milliseconds since the epoch, real time. */
  readonly deadline: number;
  /** Age beyond which a list says nothing any more. */
  readonly maxAgeMs: number;
  /** Grace beyond that age while no newer list can be had. */
  readonly staleMs: number;
}

/** A verified list and how it came to us. */
export interface HeldList extends VerifiedList, Dated {
  /** The octets that were verified, under the headers of the last answer. */
  readonly response: FetchedResponse;
}

/** The reasons of a verdict that a status list can give. */
export type ListTrouble = 'status-unavailable' | 'status-stale' | 'status-invalid';

/** Why no list can be relied upon; `rule` says it more exactly. */
export interface NoList {
  readonly ok: false;
  readonly reason: ListTrouble;
  readonly rule: string;
}

/** A list that may be relied upon now, or why there is none. */
export type ListReading =
  | {
      readonly ok: true;
      readonly list: StatusList;
      /** `Age` when it came plus the time held, in milliseconds. */
      readonly ageMs: number;
      /** true when it is believed only by the grace of the policy. */
      readonly grace: boolean;
    }
  | NoList;

// TSL §11.5: an issuer's ttl is kept within bounds of ours.
const ttlBoundsMs = { floor: 15_000, ceiling: 3_600_000 } as const;
// A list that is old when it comes is asked for again, but not for every single question.
const minHeldMs = 1_000;

/**
 * How long a list may be reused from the moment it was asked for, in milliseconds: for its ttl,
 * within our bounds, for half the limit of its age, and never beyond its own end.
 */
export function reusableMsOf(held: HeldList, { maxAgeMs }: ListRequest): number {
  const { ttlMs = ttlBoundsMs.ceiling, expiresAt = Number.POSITIVE_INFINITY } = held.list;
  const bounded = Math.min(Math.max(ttlMs, ttlBoundsMs.floor), ttlBoundsMs.ceiling);
  const reusableMs = Math.min(bounded, maxAgeMs / 2) - held.ageMs;
  return Math.max(Math.min(reusableMs, expiresAt - held.fetchedAt), minHeldMs);
}

/** Whether a list answers without asking the network: young enough, and of this very issuer. */
export function isReusable(held: HeldList, request: ListRequest, now: number): boolean {
  const heldMs = now - held.fetchedAt;
  return heldMs >= 0 && heldMs < reusableMsOf(held, request) && isAnswerTo(held, request);
}

/** Whether a held list is what is asked for, by the issuer who is asked about, as its keys are now. */
export function isAnswerTo({ list, issuerDocument }: HeldList, request: ListRequest): boolean {
  return (
    list.issuer === request.did &&
    list.format === request.format &&
    issuerDocument === request.issuerDocument
  );
}

/** What a held list says now: that depends on its age, whoever signed it. */
export function readingOf(held: HeldList, request: ListRequest, now: number): ListReading {
  const { list } = held;
  if (list.expiresAt !== undefined && list.expiresAt <= now) {
    return { ok: false, reason: 'status-stale', rule: 'list-expired' };
  }
  const ageMs = ageOf(held, now);
  return ageMs <= request.maxAgeMs + request.staleMs
    ? { ok: true, list, ageMs, grace: ageMs > request.maxAgeMs }
    : { ok: false, reason: 'status-stale', rule: 'list-too-old' };
}

// The age counts what caches on the way have added; a clock that went backwards makes it unusable.
function ageOf(held: HeldList, now: number): number {
  return now < held.fetchedAt ? Number.POSITIVE_INFINITY : now - originAtOf(held);
}
