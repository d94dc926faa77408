import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { placeOf } from '../config/database-url.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { applyMigrations } from './apply-migrations.ts';
import { addressOf } from './connect-options.ts';
import { analyzeTables, beginCopy, copySequences, copyTable, countRows } from './copy-table.ts';
import type { DatabaseFault } from './database-fault.ts';
import { startPostgres } from './embedded-postgres.ts';
import { examineDatabase } from './examine-database.ts';
import { explainFailure } from './explain-failure.ts';
import { lockDirectory } from './lock-directory.ts';
import { removeMovedMark, writeMovedMark } from './moved-mark.ts';
import { postgresFolder, prepareDataDir } from './prepare-directory.ts';
import { readTables, type Table } from './read-tables.ts';
import {
  type AuditHead,
  readAuditHead,
  refuseForeignTables,
  refuseOtherShape,
  takeUnused,
} from './unused-database.ts';
import { withClient } from './with-client.ts';

/** From which data directory, to which database. */
export interface MoveDatabaseOptions {
  readonly dataDir: string;
  readonly targetUrl: string;
  /** What the service will open there. */
  readonly maxConnections: number;
  readonly log: (message: string) => void;
}

/** What was moved, as it is in its new place. */
export interface MovedDatabase {
  /** Where the registry is now: database, host and port. */
  readonly place: string;
  readonly dataDir: string;
  /** Where the data directory says that its own database is used no longer. */
  readonly markFile: string;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** The head of the audit chain, the same in both places. */
  readonly audit: AuditHead;
}

/**
 * Moves the registry from the embedded database of a data directory to a database of one's own that
 * nobody has used yet: every table, from one snapshot, in one transaction, counted and compared
 * before it is committed. The source stays as it is, with a mark beside it that keeps a service from
 * starting on it. Whatever goes wrong leaves the target unused and the source without a mark; only a
 * process that is killed in the last moment leaves the mark, and the move can be run again. Throws
 * `start-refused` with the reason.
 */
export async function moveDatabase(options: MoveDatabaseOptions): Promise<MovedDatabase> {
  const { dataDir } = prepareDataDir(options);
  if (!existsSync(join(dataDir, postgresFolder, 'data'))) {
    throw refusal(`There is no embedded database in ${dataDir}.`);
  }
  const lock = await lockDirectory(dataDir);
  try {
    const source = await startPostgres({ dataDir, log: options.log });
    try {
      return await move({ ...options, dataDir, sourceUrl: source.connectionString });
    } finally {
      await source.stop();
    }
  } finally {
    await lock.release();
  }
}

interface Move extends MoveDatabaseOptions {
  readonly sourceUrl: string;
}

async function move(order: Move): Promise<MovedDatabase> {
  const { sourceUrl, targetUrl, maxConnections } = order;
  // The source is only read, and so has to be what this release knows already.
  refuseFaults('here', await examineDatabase(sourceUrl, { role: 'public', maxConnections: 2 }));
  refuseFaults('there', await examineDatabase(targetUrl, { role: 'all', maxConnections }));
  try {
    await withClient(targetUrl, refuseForeignTables);
    await applyMigrations(targetUrl);
    return await withClient(sourceUrl, (source) =>
      withClient(targetUrl, (target) => copyAll(order, source, target)),
    );
  } catch (cause) {
    if (cause instanceof SealwrightError) throw cause;
    const { detail, fix } = explainFailure(cause, targetUrl);
    throw new SealwrightError('start-refused', `Nothing was moved. ${detail} ${fix}`, { cause });
  }
}

async function copyAll(order: Move, source: pg.Client, target: pg.Client): Promise<MovedDatabase> {
  await beginCopy(source, target);
  const tables = await readTables(source);
  await refuseOtherShape(target, tables);
  await takeUnused(target, tables);
  const copied = [];
  for (const table of tables) {
    copied.push({ name: table.name, rows: await copyTable(source, target, table) });
  }
  await copySequences(source, target);
  await compareCounts(source, target, tables);
  await analyzeTables(target, tables);
  const audit = await compareAudit(source, target);
  const place = placeOf(addressOf(order.targetUrl));
  const markFile = await commitMarked(order.dataDir, place, target);
  return { place, dataDir: order.dataDir, markFile, tables: copied, audit };
}

/** The mark comes first: two databases that both may be written to would be worse than none. */
async function commitMarked(dataDir: string, place: string, target: pg.Client): Promise<string> {
  const markFile = await writeMovedMark(dataDir, place);
  try {
    await target.query('COMMIT');
    return markFile;
  } catch (error) {
    // A refusal of the server has rolled back; a lost answer may stand for a commit.
    if (error instanceof pg.DatabaseError) await removeMovedMark(dataDir);
    throw error;
  }
}

async function compareCounts(
  source: pg.Client,
  target: pg.Client,
  tables: readonly Table[],
): Promise<void> {
  for (const table of tables) {
    const [here, there] = [await countRows(source, table), await countRows(target, table)];
    if (here === there) continue;
    throw refusal(`Of ${here} rows of ${table.name}, ${there} arrived. Nothing was moved.`);
  }
}

async function compareAudit(source: pg.Client, target: pg.Client): Promise<AuditHead> {
  const [here, there] = [await readAuditHead(source), await readAuditHead(target)];
  if (here.headHash === there.headHash && here.records === there.records) return there;
  throw refusal('The audit chain did not arrive as it was. Nothing was moved.');
}

function refuseFaults(where: 'here' | 'there', faults: readonly DatabaseFault[]): void {
  const stopping = faults.filter(({ stops }) => stops);
  if (stopping.length === 0) return;
  const said = stopping.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
  throw refusal(`The database ${where} cannot be used. ${said}`);
}

function refusal(detail: string): SealwrightError {
  return new SealwrightError('start-refused', detail);
}
