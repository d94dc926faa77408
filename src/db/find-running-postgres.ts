import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectionStringOf } from './embedded-postgres.ts';
import { isServing, readPostmaster } from './postmaster.ts';
import { postgresFolder, rootFallback } from './prepare-directory.ts';

/** The embedded server of a data directory, while one runs. */
export interface RunningPostgres {
  readonly dataDir: string;
  readonly connectionString: string;
}

/** Looks for it where the service would keep it, and starts and creates nothing; null for none. */
export function findRunningPostgres(asked: string): RunningPostgres | null {
  const places = process.getuid?.() === 0 ? [resolve(asked), rootFallback] : [resolve(asked)];
  for (const dataDir of places) {
    const data = join(dataDir, postgresFolder, 'data');
    if (!existsSync(data)) continue;
    const folder = realpathSync(data);
    const postmaster = readPostmaster(folder);
    if (!postmaster?.ready || !isServing(postmaster.pid, folder)) continue;
    return { dataDir, connectionString: connectionStringOf(postmaster.socketDir) };
  }
  return null;
}
