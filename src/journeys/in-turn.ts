/**
 * Carries out work of which one piece at a time is enough, and gives those who ask for the same before
 * it has begun the same result: so an answer is never about less than there was when it was asked for.
 */
export class InTurn<Result> {
  readonly #next = new Map<string, Promise<Result>>();
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the work after all that was asked for before; `key` says what is the same. */
  run(key: string, work: () => Promise<Result>): Promise<Result> {
    const asked = this.#next.get(key);
    if (asked !== undefined) return asked;
    const running = this.#last.then(() => {
      this.#next.delete(key);
      return work();
    });
    this.#next.set(key, running);
    this.#last = running.catch(() => undefined);
    return running;
  }
}
