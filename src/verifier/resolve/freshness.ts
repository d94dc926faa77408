const secondMs = 1_000;

/**
 * How long a document may be reused. The floor protects its host from us, the ceiling us from a
 * host that would have us believe it for ever (CIMD-02 §5.2 leaves both bounds to the reader).
 */
const documentReuseBoundsMs = { floor: 5 * secondMs, ceiling: 600 * secondMs } as const;

const age = /^\d{1,10}/;
const seconds = /^\d+$/;
const directive = /([a-z0-9-]+)(?:=(?:"([^"]*)"|([^\s",]*)))?/gi;
// RFC 9110 §5.6.7: the one form of a date that is written today.
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

type Headers = ReadonlyMap<string, string>;

/** When a copy was asked for, and what the answer said of its own age, in milliseconds. */
export interface Dated {
  readonly fetchedAt: number;
  readonly ageMs: number;
}

/** The age of a copy in whole seconds: what caches added, and the time we have held it. */
export function ageSecondsOf(held: Dated, now: number): number {
  return Math.max(0, Math.floor((now - originAtOf(held)) / secondMs));
}

/** The instant at which the origin gave this copy, as far as its age tells: the order of copies. */
export function originAtOf({ fetchedAt, ageMs }: Dated): number {
  return fetchedAt - ageMs;
}

/** The time a response had spent in caches when it reached us (RFC 9111 §5.1), in milliseconds. */
export function ageMsOf(headers: Headers): number {
  return Number(age.exec(headers.get('age') ?? '')?.[0] ?? 0) * secondMs;
}

/**
 * How long, from the moment it was asked for, a response may be reused without asking again; 0 when
 * its origin does not want it reused. A verifier is a private cache: `s-maxage` is not for it.
 */
export function reusableMsOf(headers: Headers): number {
  const control = directivesOf(headers);
  // RFC 9111 §5.2.2.4, §5.2.2.5: what its origin does not want reused is asked for each time.
  if (control.has('no-store') || control.has('no-cache')) {
    return 0;
  }
  const { floor, ceiling } = documentReuseBoundsMs;
  const lifetime = lifetimeMsOf(headers, control.get('max-age')) - ageMsOf(headers);
  return Math.min(Math.max(lifetime, floor), ceiling);
}

/** Whether a response may be held at all (RFC 9111 §5.2.2.5). */
export function mayBeHeld(headers: Headers): boolean {
  return !directivesOf(headers).has('no-store');
}

/** Whether a response may be held where more than one verifier finds it (RFC 9111 §5.2.2.7). */
export function mayBeShared(headers: Headers): boolean {
  const control = directivesOf(headers);
  return !control.has('no-store') && !control.has('private');
}

/**
 * The headers of a copy that status 304 confirmed (RFC 9111 §4.3.4): what the answer says about
 * caching, and where it links to, counts from now on; what it does not say stays.
 */
export function confirmedHeaders(before: Headers, confirmation: Headers): Headers {
  const headers = new Map(before);
  headers.delete('age');
  for (const name of ['age', 'cache-control', 'date', 'etag', 'expires', 'link']) {
    const value = confirmation.get(name);
    if (value !== undefined) {
      headers.set(name, value);
    }
  }
  return headers;
}

/** The directives of Cache-Control by lower-case name; of several of one name, the first. */
function directivesOf(headers: Headers): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const match of (headers.get('cache-control') ?? '').matchAll(directive)) {
    const [, name = '', quoted, plain = ''] = match;
    const key = name.toLowerCase();
    if (!directives.has(key)) {
      directives.set(key, quoted ?? plain);
    }
  }
  return directives;
}

// RFC 9111 §4.2.1: max-age, or else what lies between Date and Expires, both by the host's clock.
function lifetimeMsOf(headers: Headers, maxAge: string | undefined): number {
  if (maxAge !== undefined) {
    return seconds.test(maxAge) ? Number(maxAge) * secondMs : 0;
  }
  const [date = '', expires = ''] = ['date', 'expires'].map((name) => headers.get(name));
  return httpDate.test(date) && httpDate.test(expires)
    ? Math.max(0, Date.parse(expires) - Date.parse(date)) || 0
    : 0;
}
