/**
 * An action that is done at once when it is asked for, and no more often than every so many
 * milliseconds: what is asked for in between is done once, at the end of the pause.
 */
export class Paced {
  readonly #action: () => void;
  readonly #pauseMs: number;
  #doneAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(pauseMs: number, action: () => void) {
    this.#pauseMs = pauseMs;
    this.#action = action;
  }

  ask(): void {
    if (this.#isWaiting) return;
    const restMs = this.#doneAt + this.#pauseMs - performance.now();
    if (restMs <= 0) {
      this.#do();
      return;
    }
    this.#isWaiting = true;
    setTimeout(() => this.#do(), restMs);
  }

  #do(): void {
    this.#isWaiting = false;
    this.#doneAt = performance.now();
    this.#action();
  }
}

/** So many pieces at once, and so many again in every second. */
export class Budget {
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Takes this many, or none. */
  take(count: number): boolean {
    const now = performance.now();
    const gained = ((now - this.#at) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + gained);
    this.#at = now;
    if (count > this.#left) return false;
    this.#left -= count;
    return true;
  }
}
