import { SingleFlight } from '../cache.ts';
import { within } from './within.ts';

/** What a read is for: its key, and whether it is still wanted when it is done. */
export type ReadWork<Outcome> = (isCurrent: () => boolean) => Promise<Outcome>;

/**
 * Reads, one at a time for each key, which whoever asks meanwhile shares. A read has the deadline of
 * whoever began it; everybody waits until his own deadline and no longer, and is not let down by a
 * deadline that was earlier than his.
 */
export class TimelyReads<Outcome> {
  readonly #flights = new SingleFlight<Outcome>();
  readonly #late: Outcome;
  readonly #isLate: (outcome: Outcome) => boolean;

  /** `late` is the outcome for who could not wait longer; `isLate` knows all outcomes of that kind. */
  constructor(order: {
    readonly late: Outcome;
    readonly isLate: (outcome: Outcome) => boolean;
  }) {
    this.#late = order.late;
    this.#isLate = order.isLate;
  }

  /** The outcome of the read that is under way, or else of this one. */
  async read(key: string, deadline: number, work: ReadWork<Outcome>): Promise<Outcome> {
    const underWay = this.#flights.underWay(key);
    if (underWay !== undefined) {
      const outcome = await this.#wait(underWay, deadline);
      if (!this.#isLate(outcome) || Date.now() >= deadline) {
        return outcome;
      }
    }
    return this.#wait(this.#flights.run(key, work), deadline);
  }

  /** The read itself, for whoever waits on behalf of nobody. */
  run(key: string, work: ReadWork<Outcome>): Promise<Outcome> {
    return this.#flights.run(key, work);
  }

  /** What is under way. */
  keys(): readonly string[] {
    return this.#flights.keys();
  }

  /** What is under way is no longer current, and the next read begins afresh. */
  drop(key: string): void {
    this.#flights.drop(key);
  }

  #wait(outcome: Promise<Outcome>, deadline: number): Promise<Outcome> {
    return within(deadline - Date.now(), outcome, () => this.#late);
  }
}
