import { resolve } from 'node:path';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import { render, summaryOf } from './backup.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure } from './failure.ts';

/** Exit code 1 for a file that is not whole. */
export const backupVerify: Command = {
  words: 'backup verify',
  summary: 'read a backup to its end and compare every part with its digest',
  example: 'backup verify /var/backups/sealwright-2026-11-22.backup',
  arguments: [{ form: '<file>', help: 'the backup' }],
  run: async (call) => {
    const path = resolve(call.argument(0));
    const manifest = await readWhole(path);
    return call.print({ file: path, ...summaryOf(manifest) }, (paint) =>
      render({ path, manifest, done: 'The backup is whole' }, paint),
    );
  },
};

/** The manifest of a backup that is whole; otherwise a failure that says what is wrong with it. */
export async function readWhole(path: string): Promise<BackupManifest> {
  const { verifyBackup } = await import('../backup/read-backup.ts');
  const { SealwrightError } = await import('../kernel/sealwright-error.ts');
  try {
    return await verifyBackup(path);
  } catch (cause) {
    if (!(cause instanceof SealwrightError)) throw cause;
    throw new CommandFailure(cause.detail, {
      exitCode: exitCodes.rejected,
      code: 'backup-invalid',
      fix: 'Use another backup.',
      cause,
    });
  }
}
