import { expect, it } from 'vitest';
import { runScript } from './run-script.ts';

it('restarted one after the other, processes fail no public read and make each write once', async () => {
  const figures = await runScript('roll-restart', [
    ...['--rounds', '1', '--rate', '30', '--writers', '2'],
    ...['--maxResetShare', '0.05', '--answerWithinMs', '60000'],
  ]);
  expect(figures).toMatchObject({ restarts: 4, failedReads: 0, failedWrites: 0, missed: [] });
  expect(figures['reads']).toBeGreaterThan(100);
  expect(figures['writes']).toBeGreaterThan(5);
}, 240_000);
