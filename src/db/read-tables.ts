import type pg from 'pg';

/** A table as the database itself describes it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  /** As in `CREATE TABLE`, such as `timestamp(3) with time zone`. */
  readonly type: string;
}

/** The history of migrations says what was done to this database, and is no part of the registry. */
const historyTable = '_prisma_migrations';

/**
 * Every table of the registry, those that others refer to first. It is read from the catalogue, so
 * that a table that is added to the models is never forgotten.
 */
export async function readTables(client: pg.Client): Promise<readonly Table[]> {
  const { rows: tables } = await client.query<Table>(
    `SELECT relname AS name,
            json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod))
              ORDER BY attname) AS columns
       FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
      WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'r' AND relname <> $1
        AND attnum > 0 AND NOT attisdropped
      GROUP BY relname ORDER BY relname`,
    [historyTable],
  );
  return inOrder(tables, await readReferences(client));
}

interface Reference {
  readonly from: string;
  readonly to: string;
}

async function readReferences(client: pg.Client): Promise<readonly Reference[]> {
  const { rows } = await client.query<Reference>(
    `SELECT DISTINCT referring.relname AS from, referred.relname AS to
       FROM pg_constraint
       JOIN pg_class referring ON referring.oid = conrelid
       JOIN pg_class referred ON referred.oid = confrelid
      WHERE contype = 'f' AND conrelid <> confrelid
        AND connamespace = to_regnamespace(current_schema())`,
  );
  return rows;
}

/** A table comes when all that it refers to are there. */
function inOrder(tables: readonly Table[], references: readonly Reference[]): readonly Table[] {
  const ordered: Table[] = [];
  let waiting = tables;
  while (waiting.length > 0) {
    const open = new Set(waiting.map(({ name }) => name));
    const isReady = ({ name }: Table) =>
      references.every(({ from, to }) => from !== name || !open.has(to));
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw new TypeError(`Tables refer to each other: ${[...open]}`);
    ordered.push(...ready);
    waiting = waiting.filter((table) => !isReady(table));
  }
  return ordered;
}
