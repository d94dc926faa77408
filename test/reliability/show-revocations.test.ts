import { expect, it } from 'vitest';
import { runScript } from './run-script.ts';

it('a revocation is in the list of the same process and of another one, and no list is older than one before', async () => {
  const figures = await runScript('show-revocations', ['--revocations', '24', '--verifiers', '4']);
  expect(figures).toMatchObject({
    older: 0,
    same: { shown: 24 },
    other: { shown: 24 },
    missed: [],
  });
}, 180_000);
