/** A copy that is about to answer. */
export interface ServingCopy {
  /** The copy itself, one and the same object for as long as it is not replaced. */
  readonly copy: object;
  readonly url: string;
  /** How long it has been held, and how long it may be in all, in milliseconds. */
  readonly heldMs: number;
  readonly reusableMs: number;
}

const lastPart = 1 / 4;
const triesPerCopy = 4;
const minPauseMs = 1_000;
const deadlineMs = 5_000;
const maxUnderWay = { total: 32, perHost: 4 } as const;

/**
 * Has copies that are in use asked for again before their end, so that steady traffic never waits
 * for the network. A copy that nobody reads is left alone, and a refresh that fails changes nothing:
 * the copy serves until its own end. Four tries at most are made for one copy, of five seconds each,
 * and only so many at a time, for one host and altogether; what is beyond is left to later reads.
 */
export class RefreshAhead {
  readonly #underWay = new Map<string, number>();
  readonly #triedAt = new WeakMap<object, number>();
  #total = 0;

  /** Begins `refresh`, with its deadline, if it is time for it; who asks does not wait. */
  consider(serving: ServingCopy, refresh: (deadline: number) => Promise<unknown>): void {
    if (!this.#isDue(serving)) {
      return;
    }
    const host = /^[^/]*\/\/([^/?#]*)/.exec(serving.url)?.[1] ?? '';
    if (this.#hasRoomFor(host)) {
      this.#triedAt.set(serving.copy, serving.heldMs);
      this.#count(host, 1);
      const done = () => this.#count(host, -1);
      refresh(Date.now() + deadlineMs).then(done, done);
    }
  }

  #isDue({ copy, heldMs, reusableMs }: ServingCopy): boolean {
    const partMs = reusableMs * lastPart;
    if (heldMs < reusableMs - partMs) {
      return false;
    }
    const sinceMs = heldMs - (this.#triedAt.get(copy) ?? Number.NEGATIVE_INFINITY);
    return sinceMs >= Math.max(partMs / triesPerCopy, minPauseMs);
  }

  #hasRoomFor(host: string): boolean {
    const { total, perHost } = maxUnderWay;
    return this.#total < total && (this.#underWay.get(host) ?? 0) < perHost;
  }

  #count(host: string, change: number): void {
    const count = (this.#underWay.get(host) ?? 0) + change;
    this.#total += change;
    if (count === 0) {
      this.#underWay.delete(host);
    } else {
      this.#underWay.set(host, count);
    }
  }
}
