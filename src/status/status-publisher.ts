import type { StatusListId } from './status-list.ts';

/**
 * Publishes lists on demand, each by one run at a time. A call that arrives during a run is
 * answered by the next run, which all calls waiting then share: a burst of changes costs two
 * publications, and every caller's change is in the publication that answers it.
 */
export class StatusPublisher {
  readonly #publish: (id: StatusListId) => Promise<Date>;
  readonly #running = new Map<StatusListId, Promise<Date>>();
  readonly #next = new Map<StatusListId, Promise<Date>>();

  constructor(publish: (id: StatusListId) => Promise<Date>) {
    this.#publish = publish;
  }

  /** Resolves with the validFrom of a publication that began after this call. */
  publish(id: StatusListId): Promise<Date> {
    const waiting = this.#next.get(id);
    if (waiting !== undefined) return waiting;
    const running = this.#running.get(id);
    if (running === undefined) return this.#start(id);
    const next = running.then(ignore, ignore).then(() => {
      this.#next.delete(id);
      return this.#start(id);
    });
    this.#next.set(id, next);
    return next;
  }

  /** The latest validFrom among these lists, or null when there are none. */
  async publishAll(ids: Iterable<StatusListId>): Promise<Date | null> {
    const published = await Promise.all([...new Set(ids)].map((id) => this.publish(id)));
    return published.reduce<Date | null>(
      (latest, at) => (latest === null || at > latest ? at : latest),
      null,
    );
  }

  #start(id: StatusListId): Promise<Date> {
    const run = this.#publish(id).finally(() => this.#running.delete(id));
    this.#running.set(id, run);
    return run;
  }
}

function ignore(): void {}
