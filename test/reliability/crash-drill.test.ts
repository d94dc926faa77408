import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test.each(['service', 'postgres'])(
  'a killed %s loses nothing acknowledged, leaves nothing half done, and uses no index twice',
  async (target) => {
    const figures = await runScript('crash-drill', [
      ...['--target', target, '--rounds', '2', '--writes', '40'],
      ...['--writers', '8', '--maxReadyMs', '60000'],
    ]);
    expect(figures).toMatchObject({ target, rounds: 2, failures: [] });
    expect(figures['acknowledged']).toBeGreaterThan(40);
    expect(figures['issue']).toBeGreaterThan(0);
  },
  240_000,
);
