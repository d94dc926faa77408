import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test('no list goes back with the clock, and one that is far behind has nothing signed', async () => {
  const figures = await runScript('clock-drill', ['--steps=+2h,-2h,1970']);
  expect(figures).toMatchObject({ failures: [] });
  if ('skipped' in figures) return;
  expect(figures['steps']).toEqual([
    { step: '+2h', signed: 1, refused: 0 },
    { step: '-2h', signed: 0, refused: 1 },
    { step: '1970', signed: 0, refused: 1 },
  ]);
}, 240_000);
