import { afterEach, describe, expect, it, vi } from 'vitest';
import { TimelyReads } from '../../../src/verifier/resolve/timely-reads.ts';

const create = () =>
  new TimelyReads<string>({ late: 'late', isLate: (outcome) => outcome === 'late' });
const answering = (ms: number, outcome: string) => () =>
  new Promise<string>((resolve) => setTimeout(() => resolve(outcome), ms));
const inMs = (ms: number) => Date.now() + ms;

afterEach(() => vi.useRealTimers());

describe('TimelyReads', () => {
  it('reads once for all who ask meanwhile', async () => {
    const reads = create();
    const all = ['first', 'second', 'third'].map((outcome) =>
      reads.read('key', inMs(10_000), answering(20, outcome)),
    );
    expect(await Promise.all(all)).toEqual(['first', 'first', 'first']);
  });

  it('has nobody wait beyond his own deadline', async () => {
    const reads = create();
    const startedAt = performance.now();
    const patient = reads.read('key', inMs(10_000), answering(2_000, 'answer'));
    const hasty = reads.read('key', inMs(50), answering(0, 'never run'));
    expect(await hasty).toBe('late');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await patient).toBe('answer');
  });

  it('has nobody give up because another one did', async () => {
    const reads = create();
    const hasty = reads.read('key', inMs(40), answering(40, 'late'));
    const patient = reads.read('key', inMs(10_000), answering(20, 'answer'));
    expect(await hasty).toBe('late');
    expect(await patient).toBe('answer');
  });

  it('ends at the deadline although the work never does', async () => {
    const reads = create();
    expect(await reads.read('key', inMs(30), () => new Promise(() => {}))).toBe('late');
  });

  it('begins afresh after a drop, and tells the old work so', async () => {
    const reads = create();
    const current: boolean[] = [];
    const work = (outcome: string) => async (isCurrent: () => boolean) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      current.push(isCurrent());
      return outcome;
    };
    const first = reads.read('key', inMs(10_000), work('first'));
    reads.drop('key');
    const second = reads.read('key', inMs(10_000), work('second'));
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    expect(current).toEqual([false, true]);
  });

  it('begins nothing for who has no time left', async () => {
    vi.useFakeTimers();
    const reads = create();
    let begun = 0;
    const first = reads.read('key', inMs(50), answering(50, 'late'));
    const second = reads.read('key', inMs(50), async () => {
      begun += 1;
      return 'answer';
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(await Promise.all([first, second])).toEqual(['late', 'late']);
    expect(begun).toBe(0);
  });
});
