import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test('others are told of everything, although the service is killed', async () => {
  const figures = await runScript('events-told', [
    ...['--events', '20', '--kills', '1', '--burst', '10', '--maxP99Ms', '60000'],
  ]);
  expect(figures).toMatchObject({ events: 20, kills: 1, lost: 0, changed: 0 });
  expect(figures['told']).toBeGreaterThan(0);
}, 240_000);

test('very many changes are told of without many rows or much memory', async () => {
  const figures = await runScript('events-at-size', ['--events', '500']);
  expect(figures['events']).toBe(500);
  expect(figures['mostRows']).toBeLessThanOrEqual(2_500);
  expect(figures['grownMb']).toBeLessThanOrEqual(200);
}, 180_000);
