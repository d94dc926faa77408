interface Ticketed {
  readonly ticket: number;
}

/** A priority queue: gives back what it holds by ticket, the lowest first. Logarithmic. */
export class EarliestFirst<Item extends Ticketed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#ticketAt(parent) <= item.ticket) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes out the item with the lowest ticket; undefined when there is none. */
  pop(): Item | undefined {
    this.#swap(0, this.#items.length - 1);
    const earliest = this.#items.pop();
    this.#sink();
    return earliest;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#ticketAt(left + 1) < this.#ticketAt(left) ? left + 1 : left;
      if (this.#ticketAt(at) <= this.#ticketAt(child)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #ticketAt(at: number): number {
    return this.#items[at]?.ticket ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [left, right] = [this.#items[one], this.#items[other]];
    if (left !== undefined && right !== undefined) {
      this.#items[one] = right;
      this.#items[other] = left;
    }
  }
}
