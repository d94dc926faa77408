import { EarliestFirst } from './earliest-first.ts';
import { Line, type Waiting } from './line.ts';

/** How many may be inside at a time, altogether and for one name, and how many may wait. */
export interface GateLimits {
  readonly total: number;
  readonly perName: number;
  readonly waiting: number;
}

interface Listed {
  readonly ticket: number;
  readonly line: Line;
}

/**
 * Keeps the number of requests under way within bounds, first come first served. A name that has
 * used up its share does not hold up the others. What entering, leaving and giving up cost grows
 * with the logarithm of the number of names that wait, and with nothing else.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #lines = new Map<string, Line>();
  /**
   * The lines with room for their first, each by a ticket that is no later than that one's. Empty
   * while there is room altogether, so that a line in it cannot fill up meanwhile.
   */
  readonly #next = new EarliestFirst<Listed>();
  readonly #listed = new Set<Line>();
  #inside = 0;
  #waiting = 0;
  #tickets = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves to true once inside, to be followed by `leave`; to false when the wait is given up
   * after `waitMs`, and at once when too many wait already.
   */
  enter(name: string, waitMs: number): Promise<boolean> {
    const line = this.#lines.get(name) ?? new Line(name);
    const free = this.#inside < this.#limits.total && this.#hasRoom(line);
    if (!free && this.#waiting >= this.#limits.waiting) {
      return Promise.resolve(false);
    }
    this.#lines.set(name, line);
    if (!free) {
      return this.#wait(line, waitMs);
    }
    this.#admit(line);
    return Promise.resolve(true);
  }

  leave(name: string): void {
    const line = this.#lines.get(name);
    if (line === undefined || line.inside === 0) {
      throw new TypeError('only who has entered can leave');
    }
    this.#inside -= 1;
    line.inside -= 1;
    this.#list(line);
    this.#forget(line);
    this.#admitNext();
  }

  #wait(line: Line, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (admitted: boolean) => {
        clearTimeout(timer);
        line.quit(waiting);
        this.#waiting -= 1;
        resolve(admitted);
      };
      const waiting: Waiting = { ticket: this.#tickets++, admit: () => end(true) };
      const timer = setTimeout(() => {
        end(false);
        this.#forget(line);
      }, waitMs);
      line.join(waiting);
      this.#waiting += 1;
      this.#list(line);
    });
  }

  #admitNext(): void {
    while (this.#inside < this.#limits.total) {
      const next = this.#next.pop();
      if (next === undefined) return;
      const { ticket, line } = next;
      this.#listed.delete(line);
      const { first } = line;
      if (first?.ticket === ticket) {
        this.#admit(line);
        first.admit();
      }
      this.#list(line);
    }
  }

  /** Has a line take part in what is free next, when there is somebody in it who may. */
  #list(line: Line): void {
    const { first } = line;
    if (first !== undefined && this.#hasRoom(line) && !this.#listed.has(line)) {
      this.#listed.add(line);
      this.#next.push({ ticket: first.ticket, line });
    }
  }

  #hasRoom(line: Line): boolean {
    return line.inside < this.#limits.perName;
  }

  #admit(line: Line): void {
    this.#inside += 1;
    line.inside += 1;
  }

  #forget(line: Line): void {
    if (line.isDeserted) {
      this.#lines.delete(line.name);
    }
  }
}
