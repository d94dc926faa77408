import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test('a verdict knows of what an event told, past a cache, in the library and at a sidecar', async () => {
  // Less than the 15 seconds for which the cache holds a list.
  const limitMs = 14_000;
  const figures = await runScript('hear-events', [
    ...['--revocations', '12', '--flood', '20', '--maxP99Ms', String(limitMs)],
  ]);
  expect(figures).toMatchObject({ revocations: 12, flood: 20, limitMs });
  expect(figures['events']).toBeGreaterThan(5);
  for (const place of ['library', 'sidecar']) {
    expect(figures[place]).toMatchObject({ p99: expect.any(Number) });
  }
}, 240_000);
