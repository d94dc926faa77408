import { resolve } from 'node:path';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { type Paint, printable } from './paint.ts';
import { readRelease } from './release.ts';
import { serviceSettings } from './service-settings.ts';

/** The service may run meanwhile: it is one snapshot, and nobody waits for it. */
export const backup: Command = {
  words: 'backup',
  summary: 'write the whole registry, but for the master key, into one file',
  example: 'backup --to /var/backups/sealwright-2026-11-22.backup',
  options: [{ form: '--to <file>', help: 'where the backup goes' }],
  run: async (call) => {
    const to = call.text('to');
    // Said here: what commander demands of "backup" it demands of "backup verify" as well.
    if (to === undefined) throw usageFailure('--to has to say where the backup goes.');
    const path = resolve(to);
    const manifest = await take(call, path);
    return call.print({ file: path, ...summaryOf(manifest) }, (paint) =>
      render({ path, manifest, done: 'The registry is backed up' }, paint),
    );
  },
};

async function take(call: Invocation, path: string): Promise<BackupManifest> {
  const settings = serviceSettings(call);
  const { takeBackup } = await import('../db/take-backup.ts');
  const { SealwrightError } = await import('../kernel/sealwright-error.ts');
  try {
    return await takeBackup({
      dataDir: settings.dataDir,
      databaseUrl: settings.databaseUrl?.reveal(),
      path,
      release: readRelease(),
      at: new Date(),
      log: (message) => call.say(message),
    });
  } catch (cause) {
    if (!(cause instanceof SealwrightError)) throw cause;
    throw new CommandFailure(cause.detail, {
      exitCode: exitCodes.server,
      code: 'backup-failed',
      cause,
    });
  }
}

/** What programs are told of a backup. */
export function summaryOf({ release, createdAt, audit, parts }: BackupManifest) {
  const tables = parts.map(({ name, rows }) => ({ name, rows }));
  return { release, createdAt, audit, tables };
}

/** The same for people. */
export function render(
  told: { readonly path: string; readonly manifest: BackupManifest; readonly done: string },
  paint: Paint,
): string {
  const { parts, audit, createdAt, release } = told.manifest;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return [
    `${paint('green', '✔')} ${told.done}: ${printable(told.path)}`,
    `  taken  ${createdAt} by release ${printable(release)}: ${parts.length} tables, ${rows} rows`,
    `  audit  ${audit.sequence} records, head ${audit.hash}`,
    '  The master key is not in it. Keep that somewhere else.',
    '',
  ].join('\n');
}
