const secondMs = 1_000;

/**
 * How long a document may be reused. The floor protects its host from us, the ceiling us from a
 * host that would have us believe it for ever (CIMD-02 §5.2 leaves both bounds to the reader).
 */
const documentReuseBoundsMs = { floor: 5 * secondMs, ceiling: 600 * secondMs } as const;

// RFC 9111 §5.2.2.4, §5.2.2.5: what its origin does not want reused is asked for each time.
const neverReused = /(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/i;
const maxAge = /(?:^|[\s,])max-age=(\d{1,10})(?:$|[\s,])/i;
const age = /^\d{1,10}/;

/** The age of a copy in whole seconds: what caches added, and the time we have held it. */
export function ageSecondsOf(
  held: { readonly fetchedAt: number; readonly ageMs: number },
  now: number,
): number {
  return Math.max(0, Math.floor((now - held.fetchedAt + held.ageMs) / secondMs));
}

/** The time a response had spent in caches when it reached us (RFC 9111 §5.1), in milliseconds. */
export function ageMsOf(headers: ReadonlyMap<string, string>): number {
  return Number(age.exec(headers.get('age') ?? '')?.[0] ?? 0) * secondMs;
}

/** How long, from the moment it was asked for, a response may be reused without asking again. */
export function reusableMsOf(headers: ReadonlyMap<string, string>): number {
  const control = headers.get('cache-control') ?? '';
  if (neverReused.test(control)) {
    return 0;
  }
  const { floor, ceiling } = documentReuseBoundsMs;
  const lifetime = Number(maxAge.exec(control)?.[1] ?? 0) * secondMs - ageMsOf(headers);
  return Math.min(Math.max(lifetime, floor), ceiling);
}
