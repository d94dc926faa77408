import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const script = resolve(import.meta.dirname, 'events-told.mjs');

test('others are told within a second, and of everything although the service is killed', async () => {
  const short = ['--events', '20', '--kills', '1', '--burst', '10'];
  const { stdout } = await run(process.execPath, [script, ...short]);
  const figures = JSON.parse(stdout);
  expect(figures).toMatchObject({ events: 20, kills: 1, lost: 0, changed: 0 });
  expect(figures.told).toBeGreaterThan(0);
  expect(figures.p99Ms).toBeLessThanOrEqual(1_000);
}, 180_000);
