import { expect, it } from 'vitest';
import { runScript } from './run-script.ts';

it('two processes that issue at once use no status index twice, and no issue fails', async () => {
  const figures = await runScript('allocate-indices', [
    ...['--issuers', '4', '--each', '8', '--agents', '1', '--alone', '0'],
  ]);
  expect(figures).toMatchObject({ issued: 64, failed: 0, statuses: {}, missed: [] });
  expect(figures['indices']).toBeGreaterThanOrEqual(128);
}, 180_000);
