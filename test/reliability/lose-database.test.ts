import { expect, it } from 'vitest';
import { runScript } from './run-script.ts';

it('public documents outlive the database, calls are refused, and all works again after it', async () => {
  const figures = await runScript('lose-database', [
    ...['--seconds', '6', '--rate', '60', '--agents', '3'],
    ...['--maxRefusalMs', '20000', '--maxRecoveryMs', '60000', '--copyMs', '5000'],
  ]);
  expect(figures).toMatchObject({
    documents: 29,
    wrong: 0,
    health: { all: [200, 200], replica: [200, 200], admin: [200, 503] },
    missed: [],
  });
  expect(figures['reads']).toBeGreaterThan(150);
  expect(figures['calls']).toBeGreaterThan(3);
}, 240_000);
