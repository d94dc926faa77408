import type { Verifier } from '../verifier/ports.ts';

/** How clients are kept warm. Times in milliseconds. */
export interface KeepWarmOptions {
  readonly verifier: Pick<Verifier, 'verifyClient'>;
  readonly now: () => number;
  /** Between two rounds: shorter than the last quarter of a status list's time, 7.5 seconds. */
  readonly everyMs: number;
  /** For how long after it was last asked about a client is kept warm. */
  readonly forMs: number;
  readonly maxClients: number;
}

const atOnce = 8;

/**
 * Asks the verifier again and again about clients that were accepted lately. Each question has the
 * copies that are about to run out fetched anew, so that the next hook call finds all of them, even
 * when calls are rarer than copies are fresh. Nothing is decided here, and nothing is remembered but
 * names.
 */
export class KeepWarm {
  readonly #options: KeepWarmOptions;
  readonly #lastAsked = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | undefined;

  constructor(options: KeepWarmOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.round(), options.everyMs);
    this.#timer.unref();
  }

  get size(): number {
    return this.#lastAsked.size;
  }

  /** A client was accepted just now. Of too many, those asked about longest ago go. */
  notice(clientId: string): void {
    this.#lastAsked.delete(clientId);
    this.#lastAsked.set(clientId, this.#options.now());
    const [oldest] = this.#lastAsked.keys();
    if (this.#lastAsked.size > this.#options.maxClients && oldest !== undefined) {
      this.#lastAsked.delete(oldest);
    }
  }

  /** One round over all clients, unless one is still under way. Never rejects. */
  async round(): Promise<void> {
    if (this.#round !== undefined) return;
    this.#round = this.#askAll();
    await this.#round;
    this.#round = undefined;
  }

  /** One more round after what was dropped just now: a round under way may be past it. */
  async renew(): Promise<void> {
    await this.#round;
    await this.round();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #askAll(): Promise<void> {
    const rest = this.#stillWanted().values();
    const work = async (): Promise<void> => {
      for (const clientId of rest) {
        await this.#options.verifier.verifyClient(clientId).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  #stillWanted(): readonly string[] {
    const since = this.#options.now() - this.#options.forMs;
    for (const [clientId, at] of this.#lastAsked) {
      if (at < since) this.#lastAsked.delete(clientId);
    }
    return [...this.#lastAsked.keys()];
  }
}
