import { findAssertionKey } from '../../protocol/did-document.ts';
import { clockSkewMs, maxStatusListBytes } from '../../protocol/limits.ts';
import type { Fetch, FetchedResponse } from '../ports.ts';
import type { Issuers } from './did-web.ts';
import { fetchByDeadline } from './fetch-by-deadline.ts';
import { ageMsOf } from './freshness.ts';
import type { HeldList, ListRequest, NoList } from './held-list.ts';
import { isAnswerTo } from './held-list.ts';
import type { Signatures } from './signatures.ts';
import { acceptList, verifyStatusList } from './verify-status-list.ts';

/** What reading a status list needs. */
export interface ListDeps {
  readonly fetch: Fetch;
  readonly clock: () => number;
  readonly issuers: Issuers;
  readonly signatures: Signatures;
}

/** A list as it was verified on arrival, or why there is none. */
export type FetchedList = { readonly ok: true; readonly held: HeldList } | NoList;

/** Fetches a list, or has the one held confirmed, and verifies it before anybody may hold it. */
export async function fetchStatusList(
  deps: ListDeps,
  request: ListRequest,
  held: HeldList | undefined,
): Promise<FetchedList> {
  const { url, deadline, format } = request;
  // A copy that was verified under another state of the issuer's document confirms nothing.
  const before = held !== undefined && isAnswerTo(held, request) ? held : undefined;
  const fetchedAt = deps.clock();
  const fetched = await fetchByDeadline(
    deps.fetch,
    { url, deadline, accept: acceptList(format), maxBytes: maxStatusListBytes },
    { etag: before?.etag, revalidate: held?.suspected === true },
  );
  if (!fetched.ok) {
    return { ok: false, reason: 'status-unavailable', rule: `fetch-${fetched.failure}` };
  }
  const { status } = fetched.response;
  if (status === 304 && before !== undefined) {
    return confirm(before, request, { response: fetched.response, fetchedAt });
  }
  return status === 200
    ? accept(deps, request, { response: fetched.response, fetchedAt })
    : { ok: false, reason: 'status-unavailable', rule: `http-${status}` };
}

interface Arrival {
  readonly response: FetchedResponse;
  readonly fetchedAt: number;
}

async function accept(
  deps: ListDeps,
  request: ListRequest,
  { response, fetchedAt }: Arrival,
): Promise<FetchedList> {
  const at = new Date(fetchedAt);
  const verified = await verifyStatusList(deps, response.body, { ...request, at });
  if (!verified.ok) {
    return invalid(verified.faults[0]?.rule);
  }
  // A list from the future would make every honest one that follows look older than it.
  if (verified.value.list.issuedAt > fetchedAt + clockSkewMs) {
    return invalid('list-not-yet-valid');
  }
  const etag = response.headers.get('etag');
  return { ok: true, held: { ...verified.value, ...timesOf({ response, fetchedAt }), etag } };
}

function confirm(before: HeldList, request: ListRequest, arrival: Arrival): FetchedList {
  const at = new Date(arrival.fetchedAt);
  const key = findAssertionKey(request.issuerDocument, { kid: before.list.kid, at });
  return key.ok
    ? { ok: true, held: { ...before, ...timesOf(arrival) } }
    : invalid(key.faults[0]?.rule);
}

function timesOf({ response, fetchedAt }: Arrival) {
  return { fetchedAt, ageMs: ageMsOf(response.headers), suspected: false };
}

function invalid(rule = 'list-format'): NoList {
  return { ok: false, reason: 'status-invalid', rule };
}
