import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/verifier/node/gate.ts';

/** What became of an entry so far. */
function watch(entry: Promise<boolean>) {
  const seen: { outcome: boolean | 'waiting' } = { outcome: 'waiting' };
  entry.then((outcome) => {
    seen.outcome = outcome;
  });
  return seen;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const outcomesOf = (seen: readonly { readonly outcome: boolean | 'waiting' }[]) =>
  seen.map(({ outcome }) => outcome);

describe('Gate', () => {
  it('B-22 lets in as many as there is room for, altogether and of one name', async () => {
    const gate = new Gate({ total: 3, perName: 2, waiting: 9 });
    const seen = ['a', 'a', 'a', 'b', 'c'].map((name) => watch(gate.enter(name, 1_000)));
    await settle();
    expect(outcomesOf(seen)).toEqual([true, true, 'waiting', true, 'waiting']);
    gate.leave('a');
    await settle();
    expect(outcomesOf(seen)).toEqual([true, true, true, true, 'waiting']);
    gate.leave('b');
    await settle();
    expect(seen.at(-1)?.outcome).toBe(true);
  });

  it('lets nobody wait behind a name that has used up its share', async () => {
    const gate = new Gate({ total: 2, perName: 1, waiting: 9 });
    await gate.enter('a', 1_000);
    await gate.enter('b', 1_000);
    const again = watch(gate.enter('a', 1_000));
    const other = watch(gate.enter('c', 1_000));
    gate.leave('b');
    await settle();
    expect([again.outcome, other.outcome]).toEqual(['waiting', true]);
  });

  it('lets them in as they came, those who gave up left out', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 9 });
    await gate.enter('a', 1_000);
    const order: string[] = [];
    const waits = [
      ['a1', 'a', 1_000],
      ['b1', 'b', 5],
      ['a2', 'a', 5],
      ['c1', 'c', 1_000],
      ['b2', 'b', 1_000],
      ['a3', 'a', 1_000],
      ['b3', 'b', 1_000],
    ] as const;
    const left = waits.map(([who, name, waitMs]) =>
      gate.enter(name, waitMs).then((admitted) => {
        if (!admitted) return;
        order.push(who);
        gate.leave(name);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    gate.leave('a');
    await Promise.all(left);
    expect(order).toEqual(['a1', 'c1', 'b2', 'a3', 'b3']);
  });

  it('lets in who comes when everybody before has been let in, again and again', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 9 });
    await gate.enter('a', 1_000);
    for (const _ of [1, 2, 3]) {
      const next = watch(gate.enter('a', 1_000));
      await settle();
      expect(next.outcome).toBe('waiting');
      gate.leave('a');
      await settle();
      expect(next.outcome).toBe(true);
    }
  });

  it('turns away who waited long enough, and forgets them', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 1 });
    await gate.enter('a', 1_000);
    expect(await gate.enter('b', 20)).toBe(false);
    const next = watch(gate.enter('b', 1_000));
    gate.leave('a');
    await settle();
    expect(next.outcome).toBe(true);
    gate.leave('b');
    expect(await gate.enter('c', 20)).toBe(true);
  });

  it('B-22 turns away at once who comes when the waiting room is full', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 2 });
    await gate.enter('a', 1_000);
    const seen = ['a', 'b', 'c'].map((name) => watch(gate.enter(name, 60_000)));
    await settle();
    expect(outcomesOf(seen)).toEqual(['waiting', 'waiting', false]);
    gate.leave('a');
    await settle();
    expect(outcomesOf(seen)).toEqual([true, 'waiting', false]);
    const late = watch(gate.enter('d', 60_000));
    gate.leave('a');
    await settle();
    gate.leave('b');
    await settle();
    expect(late.outcome).toBe(true);
  });

  it('lets nobody wait at all when there is no waiting room', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 0 });
    expect(await gate.enter('a', 1_000)).toBe(true);
    expect(await gate.enter('b', 1_000)).toBe(false);
  });

  it('does not believe those who leave without having entered', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 1 });
    expect(() => gate.leave('a')).toThrow(TypeError);
    await gate.enter('a', 1_000);
    gate.leave('a');
    expect(() => gate.leave('a')).toThrow(TypeError);
  });

  it.each([
    ['one name', 1],
    ['a hundred names', 100],
    ['a name each', 100_000],
  ])('B-22 lets 100,000 of %s through one by one', async (_of, names) => {
    const gate = new Gate({ total: 4, perName: 2, waiting: 100_000 });
    const inside = new Map<string, number>();
    let most = 0;
    const startedAt = performance.now();
    const passed = Array.from({ length: 100_000 }, async (_, at) => {
      const name = `n${at % names}`;
      if (!(await gate.enter(name, 60_000))) return 0;
      inside.set(name, (inside.get(name) ?? 0) + 1);
      most = Math.max(most, inside.get(name) ?? 0);
      await Promise.resolve();
      inside.set(name, (inside.get(name) ?? 0) - 1);
      gate.leave(name);
      return 1;
    });
    expect((await Promise.all(passed)).filter(Boolean)).toHaveLength(100_000);
    expect(most).toBeLessThanOrEqual(2);
    // To look through all who wait, each time that one leaves, takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('B-22 lets 100,000 give up at once', async () => {
    const gate = new Gate({ total: 1, perName: 1, waiting: 100_000 });
    await gate.enter('a', 1_000);
    const startedAt = performance.now();
    const waits = Array.from({ length: 100_000 }, (_, at) => gate.enter(`n${at % 50}`, 50));
    expect(new Set(await Promise.all(waits))).toEqual(new Set([false]));
    gate.leave('a');
    expect(await gate.enter('n7', 50)).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});
