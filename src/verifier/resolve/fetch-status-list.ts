import { findAssertionKey } from '../../protocol/did-document.ts';
import { clockSkewMs, maxStatusListBytes } from '../../protocol/limits.ts';
import type { Fetch } from '../ports.ts';
import type { Issuers } from './did-web.ts';
import { fetchByDeadline } from './fetch-by-deadline.ts';
import { ageMsOf, confirmedHeaders } from './freshness.ts';
import type { HeldList, ListRequest, NoList } from './held-list.ts';
import { isAnswerTo } from './held-list.ts';
import type { RefreshAhead } from './refresh-ahead.ts';
import type { Arrival, SharedCopies } from './shared-copies.ts';
import type { Signatures } from './signatures.ts';
import { acceptList, verifyStatusList } from './verify-status-list.ts';

/** What reading a status list needs. */
export interface ListDeps {
  readonly fetch: Fetch;
  readonly clock: () => number;
  readonly issuers: Issuers;
  readonly signatures: Signatures;
  readonly shared: SharedCopies;
  readonly refreshAhead: RefreshAhead;
}

/** A list as it was verified on arrival, or why there is none. */
export type FetchedList = { readonly ok: true; readonly held: HeldList } | NoList;

/** The list that is held, if any, and whether only the origin can tell if it still is the list. */
export interface HeldBefore {
  readonly held: HeldList | undefined;
  readonly doubted: boolean;
}

/** Fetches a list, or has the one held confirmed, and verifies it before anybody may hold it. */
export async function fetchStatusList(
  deps: ListDeps,
  request: ListRequest,
  { held, doubted }: HeldBefore,
): Promise<FetchedList> {
  const { url, deadline, format } = request;
  // A copy that was verified under another state of the issuer's document confirms nothing.
  const before = held !== undefined && isAnswerTo(held, request) ? held : undefined;
  const fetchedAt = deps.clock();
  const fetched = await fetchByDeadline(
    deps.fetch,
    { url, deadline, accept: acceptList(format), maxBytes: maxStatusListBytes },
    { etag: before?.response.headers.get('etag'), revalidate: doubted },
  );
  if (!fetched.ok) {
    return unavailable(`fetch-${fetched.failure}`);
  }
  const { response } = fetched;
  if (response.status === 304 && before !== undefined) {
    const headers = confirmedHeaders(before.response.headers, response.headers);
    const confirmed = { ...before.response, headers };
    return confirm(before, request, { response: confirmed, fetchedAt });
  }
  return response.status === 200
    ? admitStatusList(deps, request, { response, fetchedAt })
    : unavailable(`http-${response.status}`);
}

/** Verifies a list that came from anywhere, under the keys of its issuer as they are now. */
export async function admitStatusList(
  deps: ListDeps,
  request: ListRequest,
  arrival: Arrival,
): Promise<FetchedList> {
  const at = new Date(deps.clock());
  const verified = await verifyStatusList(deps, arrival.response.body, { ...request, at });
  if (!verified.ok) {
    return invalid(verified.faults[0]?.rule);
  }
  // A list from the future would make every honest one that follows look older than it.
  return verified.value.list.issuedAt > arrival.fetchedAt + clockSkewMs
    ? invalid('list-not-yet-valid')
    : { ok: true, held: { ...verified.value, ...datedOf(arrival) } };
}

/** Why a list that could not be read is no list. */
export function unavailable(rule: string): NoList {
  return { ok: false, reason: 'status-unavailable', rule };
}

function confirm(before: HeldList, request: ListRequest, arrival: Arrival): FetchedList {
  const at = new Date(arrival.fetchedAt);
  const key = findAssertionKey(request.issuerDocument, { kid: before.list.kid, at });
  return key.ok
    ? { ok: true, held: { ...before, ...datedOf(arrival) } }
    : invalid(key.faults[0]?.rule);
}

function datedOf({ response, fetchedAt }: Arrival) {
  return { response, fetchedAt, ageMs: ageMsOf(response.headers) };
}

function invalid(rule = 'list-format'): NoList {
  // Whose keys could not be read is no judgement on the list that they signed.
  const reason = rule === 'issuer-unresolvable' ? 'status-unavailable' : 'status-invalid';
  return { ok: false, reason, rule };
}
