/** Somebody who waits, with the number that was drawn on arrival. */
export interface Waiting {
  readonly ticket: number;
  readonly admit: () => void;
}

/** Everybody of one name: how many are inside, and who waits, in the order in which they came. */
export class Line {
  readonly name: string;
  inside = 0;
  readonly #waiting = new Set<Waiting>();
  // A set is slow to say who is first in it after many have left at that end; an iterator that
  // goes along with them is not.
  #order = this.#waiting.values();
  #first: Waiting | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get isDeserted(): boolean {
    return this.inside === 0 && this.#waiting.size === 0;
  }

  get first(): Waiting | undefined {
    if (this.#first === undefined || !this.#waiting.has(this.#first)) {
      this.#first = this.#following();
    }
    return this.#first;
  }

  join(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  quit(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  #following(): Waiting | undefined {
    const step = this.#order.next();
    if (step.done !== true) return step.value;
    // Who was passed has left, so that an iterator at its end has nobody behind it.
    this.#order = this.#waiting.values();
    return this.#order.next().value;
  }
}
