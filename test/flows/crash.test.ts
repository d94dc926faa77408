import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, '../../scripts/crash-drill.mjs');

describe('killed in the middle of issues and revocations', () => {
  it.each(['service', 'postgres'])(
    'loses nothing acknowledged and uses no index twice: %s',
    async (target) => {
      const { stdout } = await run(process.execPath, [
        ...[drill, '--rounds', '1', '--writes', '120'],
        ...['--target', target],
      ]);
      expect(stdout).toMatch(/round 1: \d+ issues and \d+ revocations acknowledged, none lost/);
    },
    120_000,
  );
});
