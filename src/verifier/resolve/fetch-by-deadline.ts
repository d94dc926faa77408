import type { Fetch, FetchOutcome } from '../ports.ts';
import { within } from './within.ts';

/** One URL to read, and how much of it for how long. */
export interface FetchRequest {
  readonly url: string;
  readonly accept: string;
  readonly maxBytes: number;
  /** Milliseconds since the epoch, real time whatever the verifier's clock says. */
  readonly deadline: number;
}

/** What a copy that is held adds to the request. */
export interface Conditions {
  readonly etag: string | undefined;
  /** true when the copy is doubted, so that a cache on the way must not give it back. */
  readonly revalidate: boolean;
}

/** Asks the port, and stops waiting for it at the deadline even if the port does not. */
export async function fetchByDeadline(
  fetch: Fetch,
  request: FetchRequest,
  { etag, revalidate }: Conditions,
): Promise<FetchOutcome> {
  const { url, accept, maxBytes, deadline } = request;
  const options = {
    accept,
    maxBytes,
    deadline,
    ...(etag === undefined ? {} : { ifNoneMatch: etag }),
    ...(revalidate ? { revalidate } : {}),
  };
  const answer = async (): Promise<FetchOutcome> => {
    try {
      return await fetch(url, options);
    } catch {
      return { ok: false, failure: 'failed', detail: 'the fetch port broke its promise' };
    }
  };
  return within(deadline - Date.now(), answer(), () => ({
    ok: false,
    failure: 'timeout',
    detail: 'the deadline passed',
  }));
}
