import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../protocol/strict-json.ts';

/** What an observer said, and whether that shows the change. */
export interface Sight {
  readonly says: string;
  /** `unable`: the change could not be seen here, whatever happens to it. */
  readonly state: 'before' | 'knows' | 'unable';
}

/** Somebody who will know of a change sooner or later. */
export interface Observer {
  readonly name: string;
  /** Where it is asked. */
  readonly at: string;
  /** How often, in milliseconds: no figure is finer than this. */
  readonly everyMs: number;
  /** Never rejects: what goes wrong is something that it says. */
  look(): Promise<Sight>;
}

/** When one observer knew. Milliseconds. */
export interface Sighting {
  readonly name: string;
  readonly at: string;
  readonly knew: boolean;
  /** null when it did not know in time, or could not be asked. */
  readonly msSinceAsked: number | null;
  /** Below zero when it knew before the service had answered. */
  readonly msSinceAnswered: number | null;
  readonly before: string;
  readonly after: string;
  readonly everyMs: number;
  readonly looks: number;
}

/** Who knew when. Milliseconds. */
export interface Measurement {
  readonly askedAt: string;
  readonly answeredAfterMs: number;
  readonly deadlineMs: number;
  readonly observers: readonly Sighting[];
}

interface Order {
  readonly observers: readonly Observer[];
  readonly change: () => Promise<JsonObject>;
  /** How long is waited after the answer, in milliseconds. */
  readonly deadlineMs: number;
  readonly onAnswer: () => void;
}

/** The times of a race; they are known one after the other. */
interface Race {
  readonly asked: number;
  /** Infinite until the change was answered. */
  ends: number;
}

/**
 * Has something changed and watches who knows of it when. Every observer is asked once before, so
 * that it holds the copies that it would hold in use. Rejects as `change` does.
 */
export async function measureChange({
  observers,
  change,
  deadlineMs,
  onAnswer,
}: Order): Promise<{ readonly changed: JsonObject; readonly measure: Measurement }> {
  const before = await Promise.all(observers.map((observer) => observer.look()));
  const askedAt = new Date().toISOString();
  const race: Race = { asked: performance.now(), ends: Number.POSITIVE_INFINITY };
  const watching = observers.map((observer, at) => watch(observer, before[at], race));
  try {
    const changed = await change();
    const answered = performance.now();
    race.ends = answered + deadlineMs;
    onAnswer();
    const watched = await Promise.all(watching);
    const sightings = watched.map((one) => sightingOf(one, { asked: race.asked, answered }));
    const answeredAfterMs = Math.round(answered - race.asked);
    return { changed, measure: { askedAt, answeredAfterMs, deadlineMs, observers: sightings } };
  } catch (error) {
    race.ends = 0;
    await Promise.all(watching);
    throw error;
  }
}

interface Watched {
  readonly observer: Observer;
  readonly before: string;
  readonly after: string;
  readonly looks: number;
  /** On the clock of the race; null when it did not come to that. */
  readonly knewAt: number | null;
}

/** Asks until the observer knows or the race is over; one that is not as before is not asked. */
async function watch(observer: Observer, first: Sight | undefined, race: Race): Promise<Watched> {
  const before = first?.says ?? '';
  if (first?.state !== 'before') return { observer, before, after: before, looks: 0, knewAt: null };
  for (let looks = 1; ; looks += 1) {
    const { says, state } = await observer.look();
    const now = performance.now();
    const knows = state === 'knows';
    if (knows || now >= race.ends) {
      return { observer, before, after: says, looks, knewAt: knows ? now : null };
    }
    await sleep(observer.everyMs);
  }
}

function sightingOf(
  { observer, before, after, looks, knewAt }: Watched,
  { asked, answered }: { readonly asked: number; readonly answered: number },
): Sighting {
  const { name, at, everyMs } = observer;
  const since = (start: number) => (knewAt === null ? null : Math.round(knewAt - start));
  const times = { msSinceAsked: since(asked), msSinceAnswered: since(answered) };
  return { name, at, knew: knewAt !== null, ...times, before, after, everyMs, looks };
}
