import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { placeOf } from '../config/database-url.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { applyMigrations } from './apply-migrations.ts';
import { addressOf } from './connect-options.ts';
import { beginCopy, copySequences, copyTable, countRows, quoted } from './copy-table.ts';
import type { DatabaseFault } from './database-fault.ts';
import { startPostgres } from './embedded-postgres.ts';
import { examineDatabase } from './examine-database.ts';
import { explainFailure } from './explain-failure.ts';
import { lockDirectory } from './lock-directory.ts';
import { removeMovedMark, writeMovedMark } from './moved-mark.ts';
import { postgresFolder, prepareDataDir } from './prepare-directory.ts';
import { readTables, type Table } from './read-tables.ts';
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

interface AuditHead {
  readonly records: number;
  readonly headHash: string;
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

/** Tables of somebody else's, in a database without a history of ours. */
async function refuseForeignTables(target: pg.Client): Promise<void> {
  const tables = await readTables(target);
  const { rows } = await target.query<{ ours: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS ours",
  );
  if (tables.length === 0 || rows[0]?.ours === true) return;
  throw refusal(
    `The database there holds other tables, such as ${tables[0]?.name}. Give the registry a database of its own.`,
  );
}

async function refuseOtherShape(target: pg.Client, tables: readonly Table[]): Promise<void> {
  const found = await readTables(target);
  if (JSON.stringify(found) === JSON.stringify(tables)) return;
  throw refusal('The tables there are not those of the registry. Give it a database of its own.');
}

/**
 * Keeps everybody else out until the end, makes sure that no service has been at work there, and
 * takes out what the migrations put in.
 */
async function takeUnused(target: pg.Client, tables: readonly Table[]): Promise<void> {
  const names = tables.map(({ name }) => quoted(name));
  await target.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const { rows } = await target.query<{ used: boolean }>(
    'SELECT EXISTS (SELECT FROM organizations) OR EXISTS (SELECT FROM audit_records) AS used',
  );
  if (rows[0]?.used !== false) {
    throw refusal(
      'The database there is in use: it holds an organization. Only an unused one is moved to.',
    );
  }
  for (const name of names.toReversed()) await target.query(`DELETE FROM ${name}`);
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

/** The newest record; the head that new records are linked to has to be the same. */
async function readAuditHead(client: pg.Client): Promise<AuditHead> {
  const { rows } = await client.query<AuditHead>(
    `SELECT head.sequence::int AS records, head.hash AS "headHash"
       FROM audit_head head LEFT JOIN audit_records last ON last.sequence = head.sequence
      WHERE head.sequence = 0 OR last.hash = head.hash`,
  );
  const [head] = rows;
  if (head === undefined) throw refusal('The audit chain has no head. Nothing was moved.');
  return head;
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
