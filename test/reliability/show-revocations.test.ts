import { expect, it } from 'vitest';
import { runScript } from './run-script.ts';

it('a revocation is in the list of the same process and of another one, no list is older than one before, and a sidecar is told', async () => {
  const figures = await runScript('show-revocations', [
    ...['--revocations', '24', '--verifiers', '4'],
    // Whoever is told nothing finds out after 22 seconds at the soonest.
    ...['--maxSameMs', '20000', '--maxOtherMs', '20000', '--maxSidecarMs', '20000'],
  ]);
  expect(figures).toMatchObject({
    older: 0,
    same: { shown: 24 },
    other: { shown: 24 },
    sidecar: { shown: 24 },
    missed: [],
  });
}, 240_000);
