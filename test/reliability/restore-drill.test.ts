import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, 'restore-drill.mjs');

test('a registry that is restored from a backup takes nothing back that was revoked since', async () => {
  const { stdout } = await run(process.execPath, [
    drill,
    ...['--agents', '2', '--writes', '20', '--revocations', '4'],
  ]).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '{}' }));
  const figures = JSON.parse(stdout) as Record<string, number>;
  expect(figures).toMatchObject({ failures: [], revocations: 4 });
  expect(figures['reinserted']).toBeGreaterThan(50);
  expect(figures['indicesBurned']).toBeGreaterThan(20);
  expect(figures['listsRolledOver']).toBeGreaterThan(0);
}, 240_000);
