import { expect, test } from 'vitest';
import { runScript } from './run-script.ts';

test.each(['audit', 'data'])(
  'a full disk of the %s refuses changes, loses none, and is recovered from without a restart',
  async (volume) => {
    const figures = await runScript('disk-drill', [
      ...['--volume', volume, '--maxRecoveryMs', '60000'],
    ]);
    expect(figures).toMatchObject({ volume, failures: [] });
    if ('skipped' in figures) return;
    const codes = { audit: '503 audit-unavailable', data: '503 storage-unavailable' };
    expect(figures['refusal']).toBe(volume === 'audit' ? codes.audit : codes.data);
  },
  240_000,
);
