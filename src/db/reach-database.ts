import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { startPostgres } from './embedded-postgres.ts';
import { findRunningPostgres } from './find-running-postgres.ts';
import { lockDirectory } from './lock-directory.ts';
import { postgresFolder, prepareDataDir } from './prepare-directory.ts';

/** Which database a command of maintenance is about. */
export interface DatabasePlace {
  readonly dataDir: string;
  /** Undefined: the embedded one of the data directory. */
  readonly databaseUrl: string | undefined;
  readonly log: (message: string) => void;
}

/** How it is reached, and where the data directory really is. */
export interface ReachedDatabase {
  readonly connectionString: string;
  readonly dataDir: string;
}

/**
 * Works on the database of a service that may be running: an embedded server is reached through its
 * socket, or started for as long as the work takes.
 */
export async function withLiveDatabase<Result>(
  place: DatabasePlace,
  work: (reached: ReachedDatabase) => Promise<Result>,
): Promise<Result> {
  if (place.databaseUrl !== undefined) {
    return work({ connectionString: place.databaseUrl, dataDir: resolve(place.dataDir) });
  }
  const running = findRunningPostgres(place.dataDir);
  if (running !== null) return work(running);
  const { dataDir } = prepareDataDir(place);
  if (!existsSync(join(dataDir, postgresFolder, 'data'))) {
    throw new SealwrightError('start-refused', `There is no embedded database in ${dataDir}.`);
  }
  return withOwnDatabase(place, work);
}

/** Works on a database while no service runs on the data directory; an embedded one is created. */
export async function withOwnDatabase<Result>(
  place: DatabasePlace,
  work: (reached: ReachedDatabase) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl } = place;
  const dataDir =
    databaseUrl === undefined ? prepareDataDir(place).dataDir : resolve(place.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(dataDir);
  try {
    if (databaseUrl !== undefined) return await work({ connectionString: databaseUrl, dataDir });
    const server = await startPostgres({ dataDir, log: place.log });
    try {
      return await work({ connectionString: server.connectionString, dataDir });
    } finally {
      await server.stop();
    }
  } finally {
    await lock.release();
  }
}
