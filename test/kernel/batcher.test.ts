import { describe, expect, it } from 'vitest';
import { createBatcher } from '../../src/kernel/batcher.ts';

/** A batcher that records its batches and refuses every batch with a number below zero. */
function recordingBatcher(maxItems = 3) {
  const batches: number[][] = [];
  const batch = createBatcher(
    async (items: readonly number[]) => {
      batches.push([...items]);
      await Promise.resolve();
      if (items.some((item) => item < 0)) throw new RangeError(`below zero: ${items.join()}`);
      return items.map((item) => item * 10);
    },
    { maxItems },
  );
  return { batch, batches };
}

describe('batching', () => {
  it('runs the first item at once, and those that come meanwhile together and in order', async () => {
    const { batch, batches } = recordingBatcher();
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(batch));
    expect(results).toStrictEqual([10, 20, 30, 40, 50, 60]);
    expect(batches).toStrictEqual([[1], [2, 3, 4], [5, 6]]);
  });

  it('starts again for an item that comes when nothing is at work', async () => {
    const { batch, batches } = recordingBatcher();
    expect(await batch(1)).toBe(10);
    expect(await batch(2)).toBe(20);
    expect(batches).toStrictEqual([[1], [2]]);
  });

  it('takes up an item that comes the moment the last batch is answered', async () => {
    const { batch, batches } = recordingBatcher();
    const chained = batch(1).then(() => batch(2));
    expect(await chained).toBe(20);
    expect(batches).toStrictEqual([[1], [2]]);
  });

  it('has one batch at work at a time', async () => {
    let working = 0;
    let most = 0;
    const batch = createBatcher(
      async (items: readonly number[]) => {
        working += 1;
        most = Math.max(most, working);
        await new Promise((resolve) => setImmediate(resolve));
        working -= 1;
        return items;
      },
      { maxItems: 2 },
    );
    await Promise.all(Array.from({ length: 9 }, (_, item) => batch(item)));
    expect(most).toBe(1);
  });
});

describe('failure', () => {
  it('reaches the item that caused it and no other', async () => {
    const { batch, batches } = recordingBatcher();
    const settled = await Promise.allSettled([1, 2, -3, 4, 5].map(batch));
    expect(settled).toStrictEqual([
      { status: 'fulfilled', value: 10 },
      { status: 'fulfilled', value: 20 },
      { status: 'rejected', reason: new RangeError('below zero: -3') },
      { status: 'fulfilled', value: 40 },
      { status: 'fulfilled', value: 50 },
    ]);
    expect(batches).toStrictEqual([[1], [2, -3, 4], [2], [-3], [4], [5]]);
  });

  it('of a single item is not tried again, and leaves the batcher working', async () => {
    const { batch, batches } = recordingBatcher();
    await expect(batch(-1)).rejects.toThrow('below zero: -1');
    expect(await batch(2)).toBe(20);
    expect(batches).toStrictEqual([[-1], [2]]);
  });
});
