import type pg from 'pg';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import { BackupWriter } from '../backup/write-backup.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { readRows, readSequences } from './copy-table.ts';
import { explainFailure } from './explain-failure.ts';
import { listApplied } from './migration-history.ts';
import { type DatabasePlace, withLiveDatabase } from './reach-database.ts';
import { readTables } from './read-tables.ts';
import { readAuditHead } from './unused-database.ts';
import { withClient } from './with-client.ts';

/** Where the backup goes, and which release says that it wrote it. */
export interface TakeBackupOptions extends DatabasePlace {
  readonly path: string;
  readonly release: string;
  readonly at: Date;
}

/**
 * Writes every row of the registry, from one snapshot, into one file; a service may be at work
 * meanwhile, and nobody waits. Throws `start-refused` with the reason and leaves no file then.
 */
export function takeBackup(options: TakeBackupOptions): Promise<BackupManifest> {
  return withLiveDatabase(options, async ({ connectionString }) => {
    try {
      return await withClient(connectionString, (client) => writeAll(options, client));
    } catch (cause) {
      if (cause instanceof SealwrightError) throw cause;
      throw refusal(cause, connectionString);
    }
  });
}

async function writeAll(options: TakeBackupOptions, client: pg.Client): Promise<BackupManifest> {
  await using writer = await BackupWriter.create(options.path);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  for (const table of await readTables(client)) {
    await writer.writePart(table, readRows(client, table));
  }
  const { records, headHash } = await readAuditHead(client);
  // Awaited here: the writer is disposed of when this returns.
  return await writer.finish({
    release: options.release,
    createdAt: options.at.toISOString(),
    migrations: await listApplied(client),
    audit: { sequence: records, hash: headHash },
    sequences: await readSequences(client),
  });
}

/** A disk that is full says so itself; everything else is the database's. */
function refusal(cause: unknown, connectionString: string): SealwrightError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^(?:ENOSPC|EDQUOT|EROFS|EACCES|EPERM|ENOENT|EISDIR|ENOTDIR|EFBIG|EIO)$/.test(code)) {
    return new SealwrightError('start-refused', `The backup cannot be written: ${code}.`, {
      cause,
    });
  }
  const { detail, fix } = explainFailure(cause, connectionString);
  return new SealwrightError('start-refused', `Nothing was backed up. ${detail} ${fix}`, { cause });
}
