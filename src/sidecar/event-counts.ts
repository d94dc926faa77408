import type { Receipt } from '../verifier/events/event-receiver.ts';
import type { EventSourceState } from './event-feed.ts';
import { escapeLabel, family } from './metrics.ts';

/** What came from transmitters, counted. */
export class EventCounts {
  readonly #clock: () => number;
  readonly #counts = new Map<string, number>();
  readonly #lastAt = new Map<string, number>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A token that came from this transmitter, or by its token. */
  count(transmitter: string, receipt: Receipt): void {
    if (receipt.outcome === 'accepted') this.#lastAt.set(transmitter, this.#clock());
    const results = { accepted: 'received', refused: 'refused', postponed: 'postponed' } as const;
    const detail = receipt.outcome === 'accepted' ? receipt.effect : 'none';
    const reason = receipt.outcome === 'refused' ? receipt.error : detail;
    this.#add(transmitter, results[receipt.outcome], reason);
  }

  /** A delivery by somebody who had no token. */
  countStranger(): void {
    this.#add('none', 'refused', 'authentication_failed');
  }

  /** Whole seconds since the last event that was accepted. */
  ageS(transmitter: string): number | null {
    const at = this.#lastAt.get(transmitter);
    return at === undefined ? null : Math.max(0, Math.floor((this.#clock() - at) / 1_000));
  }

  /** The families of metrics, with the state of every stream. */
  render(states: readonly EventSourceState[]): readonly string[] {
    const known = states.filter(({ lastEventAgeS }) => lastEventAgeS !== null);
    return [
      ...family('events_total', 'counter', 'Security events, by what came of them.', (name) =>
        [...this.#counts].map(([labels, count]) => `${name}{${labels}} ${count}`),
      ),
      ...family('last_event_age_seconds', 'gauge', 'Since the last event.', (name) =>
        known.map(({ transmitter, lastEventAgeS }) => {
          return `${name}{transmitter="${escapeLabel(transmitter)}"} ${lastEventAgeS}`;
        }),
      ),
      ...family('event_stream_up', 'gauge', '1 while events came and can come.', (name) =>
        states.map(({ transmitter, delivery, state }) => {
          const labels = `transmitter="${escapeLabel(transmitter)}",delivery="${delivery}"`;
          return `${name}{${labels}} ${state === 'up' ? 1 : 0}`;
        }),
      ),
    ];
  }

  #add(transmitter: string, result: string, reason: string): void {
    const labels = `transmitter="${escapeLabel(transmitter)}",result="${result}",reason="${reason}"`;
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
  }
}
