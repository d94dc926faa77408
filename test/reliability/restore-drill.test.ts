import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test('a registry that is restored from a backup takes nothing back that was revoked since', async () => {
  const figures = await runScript('restore-drill', [
    ...['--agents', '2', '--writes', '20', '--revocations', '4'],
  ]);
  expect(figures).toMatchObject({ failures: [], revocations: 4 });
  expect(figures['reinserted']).toBeGreaterThan(50);
  expect(figures['indicesBurned']).toBeGreaterThan(20);
  expect(figures['listsRolledOver']).toBeGreaterThan(0);
}, 240_000);
