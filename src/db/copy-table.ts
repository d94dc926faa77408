import type pg from 'pg';
import type { Table } from './read-tables.ts';

const rowsPerBatch = 500;

/** The values of a row as PostgreSQL's own text of them. */
type Row = readonly (string | null)[];

/** Begins the transactions that `copyTable` works in: one snapshot there, all or nothing here. */
export async function beginCopy(source: pg.Client, target: pg.Client): Promise<void> {
  await source.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await target.query('BEGIN');
}

/**
 * Copies every row of a table into the one of the same shape and returns their number. Values travel
 * as PostgreSQL's own text of them, so that nothing is rounded or converted on the way.
 */
export async function copyTable(
  source: pg.Client,
  target: pg.Client,
  table: Table,
): Promise<number> {
  let copied = 0;
  for await (const rows of readRows(source, table)) {
    await insertRows(target, table, rows);
    copied += rows.length;
  }
  return copied;
}

/** The rows of a table in batches, as the transaction sees them. */
export async function* readRows(source: pg.Client, table: Table): AsyncGenerator<readonly Row[]> {
  const columns = table.columns.map(({ name }) => `${quoted(name)}::text`);
  await source.query(
    `DECLARE rows NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${quoted(table.name)}`,
  );
  for (;;) {
    const { rows } = await source.query<(string | null)[]>({
      text: `FETCH ${rowsPerBatch} FROM rows`,
      rowMode: 'array',
    });
    if (rows.length === 0) break;
    yield rows;
  }
  await source.query('CLOSE rows');
}

/** Inserts rows with all columns of the table, in the order of the columns. */
export async function insertRows(
  target: pg.Client,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  const names = table.columns.map(({ name }) => quoted(name));
  await target.query(
    insertOf(table, names),
    names.map((_, place) => rows.map((row) => row[place] ?? null)),
  );
}

/**
 * Has the server count what is new in the tables. It would do so by itself within minutes, and until
 * then plan as if they were empty: a lookup among a hundred thousand agents takes seconds that way.
 */
export async function analyzeTables(target: pg.Client, tables: readonly Table[]): Promise<void> {
  await target.query(`ANALYZE ${tables.map(({ name }) => quoted(name)).join(', ')}`);
}

/** Sets every sequence to where it stands in the source, so that no number is given out again. */
export async function copySequences(source: pg.Client, target: pg.Client): Promise<void> {
  await setSequences(target, await readSequences(source));
}

/** Where a sequence stands. */
export interface SequenceState {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

/** Every sequence of the registry, with where it stands. */
export async function readSequences(source: pg.Client): Promise<readonly SequenceState[]> {
  const { rows } = await source.query<{ readonly name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'S'`,
  );
  const states: SequenceState[] = [];
  for (const { name } of rows) {
    const { rows: stands } = await source.query<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${quoted(name)}`,
    );
    const [stand] = stands;
    if (stand === undefined) throw new TypeError(`The sequence ${name} has no state.`);
    states.push({ name, ...stand });
  }
  return states;
}

/** Sets sequences to where they stood. */
export async function setSequences(
  target: pg.Client,
  states: readonly SequenceState[],
): Promise<void> {
  for (const { name, last, called } of states) {
    const values = [quoted(name), last, called];
    await target.query('SELECT setval($1::regclass, $2::bigint, $3)', values);
  }
}

/** How many rows the transaction sees in a table. */
export async function countRows(client: pg.Client, { name }: Table): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${quoted(name)}`,
  );
  return rows[0]?.count ?? 0;
}

/** One array of texts for each column; the column's type makes values of them. */
function insertOf({ name, columns }: Table, names: readonly string[]): string {
  const values = columns.map(({ type }, place) => `c${place}::${type}`);
  const arrays = columns.map((_, place) => `$${place + 1}::text[]`);
  const columnNames = columns.map((_, place) => `c${place}`);
  return `INSERT INTO ${quoted(name)} (${names.join(', ')})
    SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS rows (${columnNames.join(', ')})`;
}

/** A name from the catalogue, as an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
