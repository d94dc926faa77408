import type { Fetch, FetchOptions } from '../../../src/verifier/ports.ts';

/** A Fetch whose answers are as they were when they were asked for, and arrive when they are let go. */
export interface SlowAnswers extends Fetch {
  /** From now on answers of this URL wait. */
  hold(url: string): void;
  /** Answers that wait at this moment. */
  readonly waiting: () => number;
  /** Lets everything through, what waits already and what is to come. */
  letGo(): void;
}

/** Puts a delay behind another Fetch. */
export function createSlowAnswers(inner: Fetch): SlowAnswers {
  const held = new Set<string>();
  const waiting: (() => void)[] = [];
  const fetch = async (url: string, options: FetchOptions) => {
    const outcome = await inner(url, options);
    if (held.has(url)) await new Promise<void>((resolve) => waiting.push(resolve));
    return outcome;
  };
  return Object.assign(fetch, {
    allowLoopback: inner.allowLoopback,
    hold: (url: string) => void held.add(url),
    waiting: () => waiting.length,
    letGo() {
      held.clear();
      for (const resolve of waiting.splice(0)) resolve();
    },
  });
}
