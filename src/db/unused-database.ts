import type pg from 'pg';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { quoted } from './copy-table.ts';
import { readTables, type Table } from './read-tables.ts';

/** The newest audit record. */
export interface AuditHead {
  readonly records: number;
  readonly headHash: string;
}

/** Tables of somebody else's, in a database without a history of ours. */
export async function refuseForeignTables(target: pg.Client): Promise<void> {
  const tables = await readTables(target);
  const { rows } = await target.query<{ ours: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS ours",
  );
  if (tables.length === 0 || rows[0]?.ours === true) return;
  throw refusal(
    `The database there holds other tables, such as ${tables[0]?.name}. Give the registry a database of its own.`,
  );
}

/** Makes sure that the tables are those that rows are about to be put into. */
export async function refuseOtherShape(target: pg.Client, tables: readonly Table[]): Promise<void> {
  const found = await readTables(target);
  if (JSON.stringify(found) === JSON.stringify(tables)) return;
  throw refusal('The tables there are not those of the registry. Give it a database of its own.');
}

/**
 * Keeps everybody else out until the end, makes sure that no service has been at work there, and
 * takes out what the migrations put in.
 */
export async function takeUnused(target: pg.Client, tables: readonly Table[]): Promise<void> {
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

/** The newest record; the head that new records are linked to has to be the same. */
export async function readAuditHead(client: pg.Client): Promise<AuditHead> {
  const { rows } = await client.query<AuditHead>(
    `SELECT head.sequence::int AS records, head.hash AS "headHash"
       FROM audit_head head LEFT JOIN audit_records last ON last.sequence = head.sequence
      WHERE head.sequence = 0 OR last.hash = head.hash`,
  );
  const [head] = rows;
  if (head === undefined) throw refusal('The audit chain has no head. Nothing was moved.');
  return head;
}

function refusal(detail: string): SealwrightError {
  return new SealwrightError('start-refused', detail);
}
