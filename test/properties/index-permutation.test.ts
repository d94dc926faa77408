import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permuteIndex } from '../../src/status/index-permutation.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

function everyIndexOf(list: { size: number; key: Uint8Array }): number[] {
  return Array.from({ length: list.size }, (_, counter) => permuteIndex(counter, list));
}

describe('permuteIndex', () => {
  it('meets every index of a whole list exactly once', () => {
    const met = new Uint8Array(131_072);
    for (const index of everyIndexOf({ size: 131_072, key: new Uint8Array(32).fill(9) })) {
      met[index] = (met[index] ?? 0) + 1;
    }
    expect(met.every((times) => times === 1)).toBe(true);
  }, 60_000);

  it('is a permutation for every key, also of sizes that are no power of two', () => {
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 600 }), (secret, size) => {
        const indices = everyIndexOf({ size, key: secret }).sort((one, other) => one - other);
        expect(indices).toStrictEqual(Array.from({ length: size }, (_, place) => place));
      }),
      { numRuns: 40 },
    );
  });
});
