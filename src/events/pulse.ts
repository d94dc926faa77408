/** Wakes those who wait for something to happen in this process; what they wait for is in the rows. */
export class Pulse {
  #beats = 0;
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  /** How often there was a beat: what `wait` is told, so that none between two waits is missed. */
  get beats(): number {
    return this.#beats;
  }

  /** Whether nobody is to wait any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  beat(): void {
    this.#beats += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Ends every wait, now and from now on. */
  end(): void {
    this.#isOver = true;
    this.beat();
  }

  /** Resolves after a beat that `after` does not count, or after so many milliseconds. */
  wait(after: number, ms: number): Promise<void> {
    if (this.#isOver || this.#beats > after) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }
}
