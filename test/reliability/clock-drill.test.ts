import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, 'clock-drill.mjs');

test('no list goes back with the clock, and one that is far behind has nothing signed', async () => {
  const { stdout } = await run(process.execPath, [drill, '--steps=+2h,-2h,1970']).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '{}' }),
  );
  const figures = JSON.parse(stdout) as Record<string, unknown>;
  expect(figures).toMatchObject({ failures: [] });
  if ('skipped' in figures) return;
  expect(figures['steps']).toEqual([
    { step: '+2h', signed: 1, refused: 0 },
    { step: '-2h', signed: 0, refused: 1 },
    { step: '1970', signed: 0, refused: 1 },
  ]);
}, 240_000);
