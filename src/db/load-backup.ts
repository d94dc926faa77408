import type pg from 'pg';
import type { BackupManifest } from '../backup/backup-manifest.ts';
import { readBackupRows } from '../backup/read-backup.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { KeySeal } from '../keys/key-seal.ts';
import { applyMigrations } from './apply-migrations.ts';
import { analyzeTables, countRows, insertRows, setSequences } from './copy-table.ts';
import { examineDatabase } from './examine-database.ts';
import { explainFailure } from './explain-failure.ts';
import { readTables, type Table } from './read-tables.ts';
import {
  readAuditHead,
  refuseForeignTables,
  refuseOtherShape,
  takeUnused,
} from './unused-database.ts';
import { withClient } from './with-client.ts';

/** What is loaded, and where. */
export interface LoadBackupOptions {
  readonly path: string;
  /** Of that file, which was verified. */
  readonly manifest: BackupManifest;
  readonly connectionString: string;
  /** Has to open the private keys in it. */
  readonly masterKey: Uint8Array;
  readonly maxConnections: number;
}

/**
 * Puts every row of a backup into a database that nobody has used, in one transaction, and then
 * brings its schema to this release. Nothing of it is published as it stands: lists and other
 * documents that expire have expired, and no index is taken from a list that was open. Throws
 * `start-refused` with the reason; the database is unused then.
 */
export async function loadBackup(options: LoadBackupOptions): Promise<void> {
  const { connectionString, manifest, maxConnections } = options;
  refuseFaults(await examineDatabase(connectionString, { role: 'all', maxConnections }));
  try {
    await withClient(connectionString, refuseForeignTables);
    await refuseUnknownMigrations(connectionString, manifest);
    await withClient(connectionString, (client) => loadAll(options, client));
    await applyMigrations(connectionString);
  } catch (cause) {
    if (cause instanceof SealwrightError) throw cause;
    const { detail, fix } = explainFailure(cause, connectionString);
    throw new SealwrightError('start-refused', `Nothing was restored. ${detail} ${fix}`, { cause });
  }
}

/** The tables are to be as they were when the backup was taken; later migrations change its rows. */
async function refuseUnknownMigrations(
  connectionString: string,
  { migrations, release }: BackupManifest,
): Promise<void> {
  await applyMigrations(connectionString, migrations);
  const applied = await withClient(connectionString, listNames);
  const unknown = migrations.filter((name) => !applied.includes(name));
  if (unknown.length === 0) return;
  throw refusal(
    `The backup was taken by the release ${release}, whose migrations ${unknown.join(', ')} this one does not know.`,
  );
}

async function listNames(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows.map(({ name }) => name);
}

async function loadAll(options: LoadBackupOptions, client: pg.Client): Promise<void> {
  const { manifest, path, masterKey } = options;
  await client.query('BEGIN');
  const tables: readonly Table[] = manifest.parts.map(({ name, columns }) => ({ name, columns }));
  await refuseOtherShape(client, tables);
  await takeUnused(client, await readTables(client));
  const byName = new Map(tables.map((table) => [table.name, table]));
  for await (const { table: name, rows } of readBackupRows(path)) {
    const table = byName.get(name);
    if (table === undefined) throw refusal(`The backup has rows of a table ${name} that it lacks.`);
    await insertRows(client, table, rows);
  }
  await setSequences(client, manifest.sequences);
  await compareWithManifest(client, manifest);
  await openKeys(client, masterKey);
  await expireDocuments(client);
  await analyzeTables(client, tables);
  await client.query('COMMIT');
}

async function compareWithManifest(client: pg.Client, manifest: BackupManifest): Promise<void> {
  for (const part of manifest.parts) {
    const rows = await countRows(client, part);
    if (rows !== part.rows) {
      throw refusal(`Of ${part.rows} rows of ${part.name}, ${rows} arrived. Nothing was restored.`);
    }
  }
  const { records, headHash } = await readAuditHead(client);
  if (records === manifest.audit.sequence && headHash === manifest.audit.hash) return;
  throw refusal('The audit chain did not arrive as it was. Nothing was restored.');
}

interface SealedKey {
  readonly id: string;
  readonly organizationId: string;
  readonly purpose: string;
  readonly sealed: Buffer;
}

/** One key of each issuer, and the newest of all: a master key opens them all, or none. */
async function openKeys(client: pg.Client, masterKey: Uint8Array): Promise<void> {
  const { rows } = await client.query<SealedKey>(
    `SELECT DISTINCT ON (organization_id, purpose)
            id, organization_id AS "organizationId", purpose, sealed
       FROM signing_keys WHERE sealed IS NOT NULL
      ORDER BY organization_id, purpose, created_at DESC`,
  );
  const seal = new KeySeal(masterKey);
  for (const { id, organizationId, purpose, sealed } of rows) {
    try {
      seal.open(sealed, { organizationId, keyId: id, purpose }).fill(0);
    } catch (cause) {
      throw new SealwrightError(
        'start-refused',
        'The master key does not open the private keys of the backup. Nothing was restored: give the key that was in use when it was taken.',
        { cause },
      );
    }
  }
}

/** More than a path has versions. */
const versionsAhead = 1_000_000;

/**
 * What was published since is unknown: later versions of a path get numbers above all that there were,
 * what expires is not served before it is signed anew, and that is due at once.
 */
export async function expireDocuments(client: pg.Client): Promise<void> {
  await client.query(
    `UPDATE public_documents document SET version = version + $1
      WHERE version = (SELECT max(version) FROM public_documents other
                        WHERE other.path = document.path)`,
    [versionsAhead],
  );
  await client.query(
    'UPDATE public_documents SET expires_at = published_at WHERE expires_at IS NOT NULL',
  );
  await client.query('UPDATE status_lists SET taken = size, published_revision = -1');
}

function refuseFaults(
  faults: readonly { readonly stops: boolean; readonly detail: string; readonly fix: string }[],
): void {
  const stopping = faults.filter(({ stops }) => stops);
  if (stopping.length === 0) return;
  const said = stopping.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
  throw refusal(`The database cannot be used. ${said}`);
}

function refusal(detail: string): SealwrightError {
  return new SealwrightError('start-refused', detail);
}
