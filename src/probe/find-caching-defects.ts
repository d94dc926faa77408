import { readCacheControl } from '../lint/cache-facts.ts';
import type { Received } from './exchange.ts';
import type { Purpose } from './named-documents.ts';
import { firstAnswer, type Observation } from './observation.ts';
import type { Discovery } from './rules.ts';

const daySeconds = 86_400;
/** The age at which a verifier with default settings stops believing a list. */
const listSeconds = 60;
const longest: Readonly<Record<Purpose, number>> = {
  client: daySeconds,
  jwks: daySeconds,
  did: daySeconds,
  'bitstring-list': listSeconds,
  'token-list': listSeconds,
};

/** What caches make of an answer. Seconds. */
export interface CachingFacts {
  /** How long a shared cache on the way may keep it; null when it does not say. */
  readonly lifetimeS: number | null;
  /** How old it was already; null when no cache said so. */
  readonly ageS: number | null;
  readonly etag: 'strong' | 'weak' | null;
  /** `no-store` or `private`: no shared cache keeps it. */
  readonly unshared: boolean;
}

/** Reads what the answer says of its caching. */
export function readCaching({ headers }: Received): CachingFacts {
  const control = readCacheControl(headers);
  const etag = headers.get('etag');
  const age = headers.get('age');
  return {
    lifetimeS: lifetimeOf(control, headers),
    ageS: age !== undefined && /^\d{1,10}$/.test(age) ? Number(age) : null,
    etag: etag === undefined ? null : etag.startsWith('W/') ? 'weak' : 'strong',
    unshared: control.has('no-store') || control.has('private'),
  };
}

// RFC 9111 §4.2.1: what a shared cache goes by, in this order.
function lifetimeOf(
  control: ReadonlyMap<string, string>,
  headers: Received['headers'],
): number | null {
  const directive = ['s-maxage', 'max-age'].find((name) => control.has(name));
  const seconds = control.get(directive ?? '');
  if (seconds !== undefined && /^\d{1,10}$/.test(seconds)) return Number(seconds);
  const until = Date.parse(headers.get('expires') ?? '');
  const from = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(until - from) ? null : Math.max(0, Math.round((until - from) / 1_000));
}

/** What is wrong with how a document may be cached, and with how conditions are answered. */
export function findCachingDefects(observation: Observation): readonly Discovery[] {
  const first = firstAnswer(observation);
  if (first === null) return [];
  return [
    ...lifetimeDefects(first, longest[observation.purpose]),
    ...conditionDefects(observation, first),
  ];
}

function lifetimeDefects(first: Received, mostS: number): readonly Discovery[] {
  const control = readCacheControl(first.headers);
  if (control.has('no-store')) return [['probe.caching.no-store', {}]];
  const { lifetimeS, ageS } = readCaching(first);
  if (lifetimeS === null) {
    return control.has('no-cache') ? [] : [['probe.caching.no-lifetime', {}]];
  }
  const long = lifetimeS > mostS;
  const stale = ageS !== null && ageS > lifetimeS;
  return [
    ...(long ? [['probe.caching.long-lifetime', { lifetimeS, mostS }] as const] : []),
    ...(stale ? [['probe.caching.stale', { ageS, lifetimeS }] as const] : []),
  ];
}

function conditionDefects({ answers }: Observation, first: Received): readonly Discovery[] {
  const { etag } = readCaching(first);
  const held = answers.get('held-etag');
  const strange = answers.get('strange-etag');
  // A document that changed meanwhile has another tag, and is rightly sent whole.
  const unchanged = held?.ok === true && held.headers.get('etag') === first.headers.get('etag');
  const again = unchanged && held.status === 200;
  const fooled = strange?.ok === true && strange.status === 304;
  return [
    ...(etag === null ? [['probe.caching.no-etag', {}] as const] : []),
    ...(etag === 'weak' ? [['probe.caching.weak-etag', {}] as const] : []),
    ...(again ? [['probe.caching.no-304', { status: held.status }] as const] : []),
    ...(fooled ? [['probe.caching.false-304', { status: strange.status }] as const] : []),
  ];
}
