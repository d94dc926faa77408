import { setTimeout as delay } from 'node:timers/promises';

/** Takes one item in and answers for it; items that arrive while others are at work go together. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** How long a batch waits for items that went together before: they tend to come back together. */
const lingerMs = 2;

/**
 * Runs items in batches, one batch at a time and in order of arrival. A batch that fails as a whole
 * is run again item by item, so that each gets its own answer: `run` must leave nothing behind when
 * it throws. It returns one result per item, in order.
 */
export function createBatcher<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  options: { readonly maxItems: number },
): Batcher<Item, Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let working = false;

  async function work(): Promise<void> {
    working = true;
    let formerSize = 0;
    while (waiting.length > 0) {
      if (waiting.length < formerSize) await delay(lingerMs);
      const batch = waiting.splice(0, options.maxItems);
      formerSize = batch.length;
      await runBatch(run, batch);
      if (formerSize > 1 && waiting.length === 0) await delay(lingerMs);
    }
    working = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!working) void work();
    });
}

async function runBatch<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  batch: readonly Waiting<Item, Result>[],
): Promise<void> {
  try {
    const results = await run(batch.map((waiting) => waiting.item));
    for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as Result);
  } catch (reason) {
    const [only, ...others] = batch;
    if (only !== undefined && others.length === 0) only.reject(reason);
    else for (const waiting of batch) await runBatch(run, [waiting]);
  }
}
