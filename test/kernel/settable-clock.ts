import type { Clock } from '../../src/kernel/clock.ts';

/** A clock that stands still until it is set. */
export class SettableClock implements Clock {
  #at: Date;

  constructor(at = '2026-11-20T12:00:00Z') {
    this.#at = new Date(at);
  }

  now(): Date {
    return this.#at;
  }

  set(at: string): void {
    this.#at = new Date(at);
  }

  /** Moves the clock on, or back. */
  moveBy(ms: number): void {
    this.#at = new Date(this.#at.getTime() + ms);
  }
}
