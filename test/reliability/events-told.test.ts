import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const script = (name: string) => resolve(import.meta.dirname, name);

test('others are told within a second, and of everything although the service is killed', async () => {
  const short = ['--events', '20', '--kills', '1', '--burst', '10'];
  const { stdout } = await run(process.execPath, [script('events-told.mjs'), ...short]);
  const figures = JSON.parse(stdout);
  expect(figures).toMatchObject({ events: 20, kills: 1, lost: 0, changed: 0 });
  expect(figures.told).toBeGreaterThan(0);
  expect(figures.p99Ms).toBeLessThanOrEqual(1_000);
}, 180_000);

test('very many changes are told of without many rows or much memory', async () => {
  const { stdout } = await run(process.execPath, [script('events-at-size.mjs'), '--events', '500']);
  const figures = JSON.parse(stdout);
  expect(figures.events).toBe(500);
  expect(figures.mostRows).toBeLessThanOrEqual(2_500);
  expect(figures.grownMb).toBeLessThanOrEqual(200);
}, 180_000);
