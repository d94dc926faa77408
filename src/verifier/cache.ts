/** How much a cache may hold, in whatever unit `weigh` counts. */
export interface Capacity<Value> {
  readonly maxWeight: number;
  /** The weight of one value; 1 by default, so that `maxWeight` counts entries. */
  readonly weigh?: (value: Value) => number;
}

/** A bounded map that lets go of what was used least recently. Holds facts, never decisions. */
export class LruCache<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #maxWeight: number;
  readonly #weigh: (value: Value) => number;
  #weight = 0;

  constructor(capacity: Capacity<Value>) {
    this.#maxWeight = capacity.maxWeight;
    this.#weigh = capacity.weigh ?? (() => 1);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which thereby becomes the most recently used. */
  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** The value, which is not used thereby. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** The keys as they are now, the least recently used first. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Holds the value in the place of any other; what is heavier than everything is not held. */
  set(key: string, value: Value): void {
    this.delete(key);
    const weight = this.#weigh(value);
    if (weight <= this.#maxWeight) {
      this.#entries.set(key, value);
      this.#weight += weight;
      this.#evict();
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#weight -= this.#weigh(value);
    }
  }

  #evict(): void {
    for (const [key] of this.#entries) {
      if (this.#weight <= this.#maxWeight) {
        return;
      }
      this.delete(key);
    }
  }
}

/**
 * Runs one piece of work per key at a time: whoever asks meanwhile gets the same answer. A key that
 * was dropped starts afresh, and the work that was under way learns that it is no longer current.
 */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, { readonly answer: Promise<Value> }>();

  run(key: string, work: (isCurrent: () => boolean) => Promise<Value>): Promise<Value> {
    const running = this.#flights.get(key);
    if (running !== undefined) {
      return running.answer;
    }
    const isCurrent = () => this.#flights.get(key) === flight;
    const answer = Promise.resolve()
      .then(() => work(isCurrent))
      .finally(() => {
        if (isCurrent()) {
          this.#flights.delete(key);
        }
      });
    const flight = { answer };
    this.#flights.set(key, flight);
    return answer;
  }

  /** The answer that is being worked on, if any. */
  underWay(key: string): Promise<Value> | undefined {
    return this.#flights.get(key)?.answer;
  }

  /** What is being worked on. */
  keys(): readonly string[] {
    return [...this.#flights.keys()];
  }

  drop(key: string): void {
    this.#flights.delete(key);
  }
}

/** Derives a value from an object once for as long as the object lives, and at once thereafter. */
export class Derived<Source extends object, Value> {
  readonly #values = new WeakMap<Source, { readonly value: Value }>();
  readonly #pending = new WeakMap<Source, Promise<Value>>();

  of(source: Source, derive: (source: Source) => Promise<Value>): Value | Promise<Value> {
    const known = this.#values.get(source);
    if (known !== undefined) {
      return known.value;
    }
    return this.#pending.get(source) ?? this.#begin(source, derive);
  }

  #begin(source: Source, derive: (source: Source) => Promise<Value>): Promise<Value> {
    const pending = derive(source).then((value) => {
      this.#values.set(source, { value });
      return value;
    });
    this.#pending.set(source, pending);
    return pending;
  }
}
