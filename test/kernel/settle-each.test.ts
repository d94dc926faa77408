import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { settleEach } from '../../src/kernel/settle-each.ts';

const many = Array.from({ length: 200 }, (_, number) => number);

describe('work on many', () => {
  it('gives what became of each, in order, whichever ends first', async () => {
    const settled = await settleEach([3, 1, 2], async (number) => {
      await sleep(number * 5);
      if (number === 1) throw new Error('one of them');
      return number * 10;
    });
    expect(settled).toEqual([
      { status: 'fulfilled', value: 30 },
      { status: 'rejected', reason: new Error('one of them') },
      { status: 'fulfilled', value: 20 },
    ]);
  });

  it('goes on with 64 at a time', async () => {
    let underWay = 0;
    let most = 0;
    const settled = await settleEach(many, async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(1);
      underWay -= 1;
    });
    expect([settled.length, most]).toEqual([200, 64]);
  });

  it('that is stopped begins no further one, and waits for those under way', async () => {
    const stopping = new AbortController();
    const ended: number[] = [];
    const settled = await settleEach(
      many,
      async (number) => {
        if (number === 2) stopping.abort();
        await sleep(20);
        ended.push(number);
      },
      stopping.signal,
    );
    expect(ended).toEqual([0, 1, 2]);
    expect(settled).toHaveLength(3);
  });

  it('that is stopped before it begins does nothing', async () => {
    expect(await settleEach(many, async () => 1, AbortSignal.abort())).toEqual([]);
  });
});
