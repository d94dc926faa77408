import type { Page } from './page.ts';

/** What a route answers: the status, the JSON body if there is one, and headers of its own. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** A text that is sent piece by piece, as it comes. */
export class TextStream {
  readonly mediaType: string;
  readonly pieces: AsyncIterable<string>;

  constructor(mediaType: string, pieces: AsyncIterable<string>) {
    this.mediaType = mediaType;
    this.pieces = pieces;
  }
}

/** The present state of what was asked for, or what became of a change. */
export function ok(body: unknown): Answer {
  return { status: 200, body, headers: {} };
}

/** A new resource; `location` is its path. */
export function created(location: string, body: unknown): Answer {
  return { status: 201, body, headers: { Location: location } };
}

/** Done, and there is nothing left to show. */
export function noContent(): Answer {
  return { status: 204, body: undefined, headers: {} };
}

/**
 * One page of a listing, `{data, next}`, with the address of the next one as a Link (RFC 8288). The
 * address is relative, so it holds behind any proxy.
 */
export function listed<Row>(
  page: Page<Row>,
  address: { readonly path: string; readonly query: URLSearchParams },
  view: (row: Row) => unknown,
): Answer {
  const body = { data: page.rows.map(view), next: page.next };
  if (page.next === null) return ok(body);
  const query = new URLSearchParams(address.query);
  query.set('cursor', page.next);
  return { ...ok(body), headers: { Link: `<${address.path}?${query}>; rel="next"` } };
}
