import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { applyMigrations } from './apply-migrations.ts';
import { createClient } from './client.ts';
import { createReaders } from './create-readers.ts';
import { startPostgres } from './embedded-postgres.ts';
import { examineDatabase } from './examine-database.ts';
import { explainFailure } from './explain-failure.ts';
import { lockDirectory } from './lock-directory.ts';
import { refuseMoved } from './moved-mark.ts';
import { prepareDataDir } from './prepare-directory.ts';
import type { Readers, Stores } from './stores.ts';
import { PostgresUnitOfWork, type UnitOfWorkDeps } from './unit-of-work.ts';

/** What decides which database is opened, as the settings say it. */
export interface OpenDatabaseOptions {
  readonly dataDir: string;
  /** Of a server of the operator's own; undefined starts the embedded one in the data directory. */
  readonly databaseUrl: string | undefined;
  /** The most connections that the pool may open. */
  readonly maxConnections: number;
  readonly log: (message: string) => void;
}

/** A migrated database, and the data directory locked for this process. */
export interface Database extends AsyncDisposable {
  /** Where everything else that belongs to the data directory goes, too. */
  readonly dataDir: string;
  readonly readers: Readers;
  createUnitOfWork(deps: Omit<UnitOfWorkDeps, 'client'>): UnitOfWork<Stores>;
}

/**
 * Locks the data directory, starts the embedded PostgreSQL unless there is another one, makes sure
 * that it is durable, and migrates it. Throws `start-refused` with the reason when any of it fails,
 * and then leaves nothing running. Disposing closes everything in reverse.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const dataDir = chooseDataDir(options);
    const lock = await lockDirectory(dataDir);
    undo.push(lock.release);
    const connectionString = options.databaseUrl ?? (await startEmbedded(options, dataDir, undo));
    await makeReady(connectionString, options);
    const client = createClient(connectionString, { maxConnections: options.maxConnections });
    undo.push(() => client.$disconnect());
    return {
      dataDir,
      readers: createReaders(client),
      createUnitOfWork: (deps) => new PostgresUnitOfWork({ ...deps, client }),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Only the embedded server asks that an account of its own can reach the directory. */
function chooseDataDir(options: OpenDatabaseOptions): string {
  if (options.databaseUrl === undefined) return prepareDataDir(options).dataDir;
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return dataDir;
}

async function startEmbedded(
  options: OpenDatabaseOptions,
  dataDir: string,
  undo: (() => Promise<void>)[],
): Promise<string> {
  await refuseMoved(dataDir);
  const server = await startPostgres({ dataDir, log: options.log });
  undo.push(server.stop);
  return server.connectionString;
}

/** Refuses a database with faults that stop, all of them at once; the log hears of the others. */
async function makeReady(connectionString: string, options: OpenDatabaseOptions): Promise<void> {
  const { maxConnections } = options;
  const faults = await examineDatabase(connectionString, { role: 'all', maxConnections });
  const stopping = faults.filter(({ stops }) => stops);
  if (stopping.length > 0) {
    const said = stopping.map(({ detail, fix }) => `${detail} ${fix}`);
    throw new SealwrightError('start-refused', `The database cannot be used. ${said.join(' ')}`);
  }
  for (const { detail, fix } of faults) options.log(`${detail} ${fix}`);
  try {
    await applyMigrations(connectionString);
  } catch (cause) {
    if (cause instanceof SealwrightError) throw cause;
    const { detail, fix } = explainFailure(cause, connectionString);
    throw new SealwrightError('start-refused', `${detail} ${fix}`, { cause });
  }
}
