import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, 'hear-events.mjs');

it('a verdict knows of what an event told within a second, in the library and at a sidecar', async () => {
  const typed = [drill, '--revocations', '12', '--flood', '20'];
  const { stdout } = await run(process.execPath, typed);
  const figures = JSON.parse(stdout);
  expect(figures).toMatchObject({ revocations: 12, flood: 20, limitMs: 1_000 });
  expect(figures.events).toBeGreaterThan(5);
  for (const place of ['library', 'sidecar']) {
    expect(figures[place].p99).toBeGreaterThan(0);
    expect(figures[place].p99).toBeLessThanOrEqual(1_000);
  }
}, 120_000);
