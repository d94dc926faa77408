import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const drill = resolve(import.meta.dirname, 'disk-drill.mjs');

test.each(['audit', 'data'])(
  'a full disk of the %s refuses changes, loses none, and is recovered from without a restart',
  async (volume) => {
    const { stdout } = await run(process.execPath, [
      ...[drill, '--volume', volume, '--maxRecoveryMs', '60000'],
    ]).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '{}' }));
    const figures = JSON.parse(stdout) as Record<string, unknown>;
    expect(figures).toMatchObject({ volume, failures: [] });
    if ('skipped' in figures) return;
    const codes = { audit: '503 audit-unavailable', data: '503 storage-unavailable' };
    expect(figures['refusal']).toBe(volume === 'audit' ? codes.audit : codes.data);
  },
  240_000,
);
