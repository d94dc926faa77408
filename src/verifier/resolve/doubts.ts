import { LruCache } from '../cache.ts';

const maxRemembered = 10_000;

/** URLs whose copies are not believed before the origin has spoken. */
export class Doubts {
  readonly #doubts = new LruCache<{ readonly at: number; readonly open: boolean }>({
    maxWeight: maxRemembered,
  });

  isOpen(url: string): boolean {
    return this.#doubts.get(url)?.open === true;
  }

  /** Opens a doubt at this instant, whatever there was before. */
  open(url: string, at: number): void {
    this.#doubts.set(url, { at, open: true });
  }

  /**
   * Opens a doubt about a copy, unless the copy was obtained, or doubted before, within the last
   * `minHeldMs`. Says whether it did.
   */
  raise(
    url: string,
    {
      fetchedAt,
      at,
      minHeldMs,
    }: { readonly fetchedAt: number; readonly at: number; readonly minHeldMs: number },
  ): boolean {
    if (at - Math.max(fetchedAt, this.#doubts.get(url)?.at ?? fetchedAt) < minHeldMs) {
      return false;
    }
    this.open(url, at);
    return true;
  }

  /** Ends the doubt, and remembers when it began. */
  settle(url: string): void {
    const doubt = this.#doubts.get(url);
    if (doubt?.open === true) {
      this.#doubts.set(url, { ...doubt, open: false });
    }
  }
}
