/** What arrives together is worked on together, as far as batches go. */
const atOnce = 64;

/**
 * Does the work for each item, 64 at a time, and gives what became of those that were begun, in
 * order. Once `stopping` is aborted none is begun any more, and those under way are waited for.
 */
export async function settleEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  stopping?: AbortSignal,
): Promise<readonly PromiseSettledResult<Result>[]> {
  const begun: Promise<Result>[] = [];
  const rest = items.values();
  const goOn = async (): Promise<void> => {
    for (const item of rest) {
      if (stopping?.aborted === true) return;
      const one = work(item);
      begun.push(one);
      await one.catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, goOn));
  return Promise.allSettled(begun);
}
