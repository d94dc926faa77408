import { describe, expect, it } from 'vitest';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';

const never = () => new Promise<never>(() => {});

function serving(changes: { url?: string; heldMs?: number; copy?: object } = {}) {
  const { url = 'https://id.acme.com/doc', heldMs = 90_000, copy = {} } = changes;
  return { copy, url, heldMs, reusableMs: 100_000 };
}

function count(ahead: RefreshAhead, changes: readonly Parameters<typeof serving>[0][]): number {
  let begun = 0;
  for (const change of changes) {
    ahead.consider(serving(change), () => {
      begun += 1;
      return never();
    });
  }
  return begun;
}

describe('RefreshAhead', () => {
  it('begins in the last quarter', () => {
    const copy = {};
    expect(
      count(new RefreshAhead(), [
        { copy, heldMs: 0 },
        { copy, heldMs: 74_999 },
      ]),
    ).toBe(0);
    expect(count(new RefreshAhead(), [{ copy, heldMs: 75_000 }])).toBe(1);
  });

  it('gives the work five seconds', () => {
    const deadlines: number[] = [];
    const startedAt = Date.now();
    new RefreshAhead().consider(serving(), async (deadline) => deadlines.push(deadline));
    expect(deadlines).toHaveLength(1);
    expect((deadlines[0] ?? 0) - startedAt).toBeGreaterThanOrEqual(5_000);
    expect((deadlines[0] ?? 0) - startedAt).toBeLessThan(5_500);
  });

  it('tries four times for one copy, a sixteenth of its time apart', () => {
    const copy = {};
    const heldFor = Array.from({ length: 25 }, (_, at) => 75_000 + at * 1_000);
    const reads = heldFor.map((heldMs) => ({ copy, heldMs }));
    expect(count(new RefreshAhead(), reads)).toBe(4);
    expect(count(new RefreshAhead(), reads.slice(0, 8))).toBe(2);
  });

  it('keeps four under way for one host, and 32 altogether', () => {
    const ahead = new RefreshAhead();
    const own = Array.from({ length: 10 }, (_, at) => ({ url: `https://id.acme.com/${at}` }));
    expect(count(ahead, own)).toBe(4);
    const others = Array.from({ length: 100 }, (_, at) => ({ url: `https://${at}.acme.com/x` }));
    expect(count(ahead, others)).toBe(28);
  });

  it('makes room when work ends, well or badly', async () => {
    const ahead = new RefreshAhead();
    let begun = 0;
    for (let round = 0; round < 10; round += 1) {
      for (let at = 0; at < 4; at += 1) {
        ahead.consider(serving(), async () => {
          begun += 1;
          if (at % 2 === 0) throw new Error('broken');
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(begun).toBe(40);
  });
});
