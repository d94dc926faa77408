import { describe, expect, it } from 'vitest';
import { within } from '../../../src/verifier/resolve/within.ts';

describe('within', () => {
  const late = () => 'late';

  it('gives what the work gives', async () => {
    expect(await within(5_000, Promise.resolve('done'), late)).toBe('done');
  });

  it('fails at once as the work does', async () => {
    await expect(within(5_000, Promise.reject(new Error('broken')), late)).rejects.toThrow(
      'broken',
    );
  });

  it.each([10, 0, -10])('gives up after %i ms', async (waitMs) => {
    expect(await within(waitMs, new Promise<string>(() => {}), late)).toBe('late');
  });
});
