import { describe, expect, it } from 'vitest';
import { permuteIndex } from '../../src/status/index-permutation.ts';

const list = { size: 131_072, key: new Uint8Array(32).fill(1) };

function firstIndices(count: number, key = list.key): number[] {
  return Array.from({ length: count }, (_, counter) =>
    permuteIndex(counter, { size: list.size, key }),
  );
}

/** How long the longest run of neighbours is, up or down. */
function longestRun(indices: readonly number[]): number {
  let longest = 1;
  let run = 1;
  for (const [place, index] of indices.entries()) {
    const step = Math.abs(index - (indices[place - 1] ?? Number.NaN));
    run = step === 1 ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

function correlation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let both = 0;
  let ofValues = 0;
  let ofPlaces = 0;
  for (const [place, value] of values.entries()) {
    both += (value - mean) * (place - middle);
    ofValues += (value - mean) ** 2;
    ofPlaces += (place - middle) ** 2;
  }
  return both / Math.sqrt(ofValues * ofPlaces);
}

describe('the indices of a list', () => {
  it('never change for one key', () => {
    expect(firstIndices(5)).toStrictEqual([47_984, 22_297, 67_857, 104_313, 96_418]);
  });

  it('differ from those of another key', () => {
    const others = firstIndices(1_000, new Uint8Array(32).fill(2));
    const same = firstIndices(1_000).filter((index, place) => index === others[place]);
    expect(same.length).toBeLessThan(3);
  });

  it('follow no order: no runs, and no correlation with the order of issue', () => {
    const indices = firstIndices(10_000);
    expect(longestRun(indices)).toBeLessThanOrEqual(4);
    expect(Math.abs(correlation(indices))).toBeLessThan(0.05);
  });

  it('fall evenly over the list', () => {
    const sixteenths = new Array<number>(16).fill(0);
    for (const index of firstIndices(16_000)) {
      const place = Math.floor(index / 8_192);
      sixteenths[place] = (sixteenths[place] ?? 0) + 1;
    }
    for (const count of sixteenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
