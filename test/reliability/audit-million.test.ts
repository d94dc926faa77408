import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, 'audit-million.mjs');

test('R10: a long audit trail is filled, signed, verified and found out, at a rate', async () => {
  const words = [script, '--records', '20000', '--seconds', '60'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 240_000 });
  const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(figures).toMatchObject({ intact: true, isMet: true, foundAt: figures.tamperedAt });
  expect(figures.records).toBeGreaterThanOrEqual(20_000);
  // The whole million has to go at 16,667 a second; here a machine may be as busy as it likes.
  expect(figures.perSecond).toBeGreaterThan(500);
}, 240_000);
