import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, 'crash-drill.mjs');

test.each(['service', 'postgres'])(
  'a killed %s loses nothing acknowledged, leaves nothing half done, and uses no index twice',
  async (target) => {
    const { stdout } = await run(process.execPath, [
      ...[drill, '--target', target, '--rounds', '2', '--writes', '40'],
      ...['--writers', '8', '--maxReadyMs', '60000'],
    ]).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '{}' }));
    const figures = JSON.parse(stdout) as Record<string, number>;
    expect(figures).toMatchObject({ target, rounds: 2, failures: [] });
    expect(figures['acknowledged']).toBeGreaterThan(40);
    expect(figures['issue']).toBeGreaterThan(0);
  },
  240_000,
);
