import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { DocumentHome } from '../publication/public-document.ts';
import type { PublicDocumentReader } from '../publication/public-document-store.ts';
import { applyMigrations } from './apply-migrations.ts';
import { createClient } from './client.ts';
import { createReaders } from './create-readers.ts';
import type { DatabaseFault } from './database-fault.ts';
import { DatabaseWatch } from './database-watch.ts';
import { startPostgres } from './embedded-postgres.ts';
import { type DatabaseNeeds, examineDatabase } from './examine-database.ts';
import { explainFailure } from './explain-failure.ts';
import { LateDocuments } from './late-documents.ts';
import { lockDirectory } from './lock-directory.ts';
import { refuseMoved } from './moved-mark.ts';
import { prepareDataDir } from './prepare-directory.ts';
import type { Readers, Stores } from './stores.ts';
import { takeTurns } from './take-turns.ts';
import { PostgresUnitOfWork, type UnitOfWorkDeps } from './unit-of-work.ts';

/** What decides which database is opened, as the settings say it. */
export interface OpenDatabaseOptions extends DocumentHome {
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
  /** Whether the database answers, and whether this process is the one that runs rounds. */
  readonly watch: DatabaseWatch;
  /** Runs what processes that start together must not do at the same time. */
  oneAtATime<Result>(work: () => Promise<Result>): Promise<Result>;
  createUnitOfWork(deps: Omit<UnitOfWorkDeps, 'client'>): UnitOfWork<Stores>;
}

/** What a process that only serves documents reads. */
export interface OpenDocuments extends AsyncDisposable {
  readonly dataDir: string;
  readonly documents: PublicDocumentReader;
}

/**
 * Locks the data directory, starts the embedded PostgreSQL unless there is another one, makes sure
 * that it is fit, and migrates it. Throws `start-refused` with the reason when any of it fails, and
 * then leaves nothing running. Disposing closes everything in reverse.
 */
export function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  return opening(async (undo) => {
    const dataDir = chooseDataDir(options);
    const lock = await lockDirectory(dataDir);
    undo.push(lock.release);
    const connectionString = options.databaseUrl ?? (await startEmbedded(options, dataDir, undo));
    await refuseFaults(connectionString, { ...options, role: 'all' });
    await migrate(connectionString);
    const client = createClient(connectionString, { maxConnections: options.maxConnections });
    undo.push(() => client.$disconnect());
    const watch = await DatabaseWatch.start(connectionString);
    undo.push(() => watch[Symbol.asyncDispose]());
    return {
      dataDir,
      watch,
      oneAtATime: (work) => takeTurns(connectionString, work),
      readers: createReaders(client, options),
      createUnitOfWork: (deps) => new PostgresUnitOfWork({ home: options.home, ...deps, client }),
    };
  });
}

/**
 * Locks the data directory and opens the published documents and nothing else: neither migrates nor
 * writes to the database, so that a role that may read two tables is enough, and a replica of the
 * server will do. A server of one's own may be away: the documents are then `storage-unavailable`
 * until it is there. Throws `start-refused` like `openDatabase`, and for a schema that is not the one
 * of this release.
 */
export function openDocuments(options: OpenDatabaseOptions): Promise<OpenDocuments> {
  return opening(async (undo) => {
    const dataDir = chooseDataDir(options);
    const lock = await lockDirectory(dataDir);
    undo.push(lock.release);
    const connectionString = options.databaseUrl ?? (await startEmbedded(options, dataDir, undo));
    const client = createClient(connectionString, { maxConnections: options.maxConnections });
    undo.push(() => client.$disconnect());
    const documents = new LateDocuments({
      examine: () => findStopping(connectionString, { ...options, role: 'public' }),
      reader: createReaders(client, options).documents,
      log: options.log,
    });
    await documents.examineFirst();
    return { dataDir, documents };
  });
}

/** What undoes an opening, in order. */
type Undo = (() => Promise<void>)[];

/** Opens, or takes back what was done until it failed. */
async function opening<Opened extends object>(
  open: (undo: Undo) => Promise<Opened>,
): Promise<Opened & AsyncDisposable> {
  const undo: Undo = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await open(undo)), [Symbol.asyncDispose]: close };
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
  undo: Undo,
): Promise<string> {
  await refuseMoved(dataDir);
  const server = await startPostgres({ dataDir, log: options.log });
  undo.push(server.stop);
  return server.connectionString;
}

/** Refuses a database with faults that stop, all of them at once; the log hears of the others. */
async function refuseFaults(
  connectionString: string,
  needs: DatabaseNeeds & Pick<OpenDatabaseOptions, 'log'>,
): Promise<void> {
  const stopping = await findStopping(connectionString, needs);
  if (stopping.length === 0) return;
  const said = stopping.map(({ detail, fix }) => `${detail} ${fix}`);
  throw new SealwrightError('start-refused', `The database cannot be used. ${said.join(' ')}`);
}

/** The faults that stop; the log hears of the others when there is none. */
async function findStopping(
  connectionString: string,
  needs: DatabaseNeeds & Pick<OpenDatabaseOptions, 'log'>,
): Promise<readonly DatabaseFault[]> {
  const faults = await examineDatabase(connectionString, needs);
  const stopping = faults.filter(({ stops }) => stops);
  if (stopping.length > 0) return stopping;
  for (const { detail, fix } of faults) needs.log(`${detail} ${fix}`);
  return [];
}

async function migrate(connectionString: string): Promise<void> {
  try {
    await applyMigrations(connectionString);
  } catch (cause) {
    if (cause instanceof SealwrightError) throw cause;
    const { detail, fix } = explainFailure(cause, connectionString);
    throw new SealwrightError('start-refused', `${detail} ${fix}`, { cause });
  }
}
