/** How many may be inside at a time, altogether and for one name. */
export interface GateLimits {
  readonly total: number;
  readonly perName: number;
}

interface Waiting {
  readonly name: string;
  readonly admit: () => void;
}

/**
 * Keeps the number of requests under way within bounds, first come first served. A name that has
 * used up its share does not hold up the others.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #inside = new Map<string, number>();
  #waiting: Waiting[] = [];
  #total = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Resolves to true once inside, to be followed by `leave`; to false when the wait is given up. */
  enter(name: string, waitMs: number): Promise<boolean> {
    if (this.#hasRoomFor(name)) {
      this.#admit(name);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiting: Waiting = {
        name,
        admit: () => {
          clearTimeout(timer);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        resolve(false);
      }, waitMs);
      this.#waiting.push(waiting);
    });
  }

  leave(name: string): void {
    const count = (this.#inside.get(name) ?? 1) - 1;
    this.#total -= 1;
    if (count === 0) {
      this.#inside.delete(name);
    } else {
      this.#inside.set(name, count);
    }
    this.#admitNext();
  }

  #admitNext(): void {
    const at = this.#waiting.findIndex(({ name }) => this.#hasRoomFor(name));
    const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (next !== undefined) {
      this.#admit(next.name);
      next.admit();
    }
  }

  #hasRoomFor(name: string): boolean {
    const { total, perName } = this.#limits;
    return this.#total < total && (this.#inside.get(name) ?? 0) < perName;
  }

  #admit(name: string): void {
    this.#total += 1;
    this.#inside.set(name, (this.#inside.get(name) ?? 0) + 1);
  }
}
