import type { Ground } from './finding.ts';
import type { LintedResponse } from './subject.ts';

/** How long a server keeps a document after it was withdrawn. Seconds. */
export interface CacheFacts {
  /** It keeps a document at least so long, whatever the answer says. */
  readonly minSeconds: number;
  /** It keeps a document at most so long; null when no bound is known. */
  readonly maxSeconds: number | null;
  /** How long it keeps a document whose answer says nothing; null when that is not known. */
  readonly silentSeconds: number | null;
  /** Directives of Cache-Control that it heeds; among lifetimes the first one wins. */
  readonly heeds: readonly ('no-store' | 'private' | 's-maxage' | 'max-age')[];
  /** What the figures do not say. */
  readonly remark?: string;
  /** Where the figures rest on something else than the rest of the target. */
  readonly ground?: Ground;
}

type Headers = LintedResponse['headers'];

/**
 * How long a server with these habits keeps this document, in seconds; null when the answer is not
 * known, or does not settle it.
 */
export function keptSeconds(facts: CacheFacts, response: LintedResponse | null): number | null {
  if (facts.heeds.length === 0 && facts.minSeconds === facts.maxSeconds) return facts.minSeconds;
  if (response === null) return null;
  const directives = readCacheControl(response.headers);
  const lifetime = lifetimeOf(facts, directives);
  if (lifetime !== undefined) return clamp(lifetime, facts);
  // RFC 9111 §5.3: a lifetime all the same; which servers heed it is not known.
  return response.headers.has('expires') ? null : facts.silentSeconds;
}

function lifetimeOf(
  { heeds }: CacheFacts,
  directives: ReadonlyMap<string, string>,
): number | undefined {
  const named = heeds.find((directive) => directives.has(directive));
  if (named === undefined) return undefined;
  return named === 'no-store' || named === 'private' ? 0 : Number(directives.get(named));
}

function clamp(seconds: number, { minSeconds, maxSeconds }: CacheFacts): number | null {
  if (!Number.isSafeInteger(seconds)) return null;
  return Math.max(minSeconds, Math.min(seconds, maxSeconds ?? seconds));
}

/** The directives of Cache-Control (RFC 9111 §5.2) by lower-case name, with their arguments. */
export function readCacheControl(headers: Headers): ReadonlyMap<string, string> {
  const directives = (headers.get('cache-control') ?? '').split(',').map((directive) => {
    const [name = '', argument = ''] = directive.trim().toLowerCase().split('=');
    return [name, argument.replaceAll('"', '')] as const;
  });
  return new Map(directives.filter(([name]) => name !== ''));
}
