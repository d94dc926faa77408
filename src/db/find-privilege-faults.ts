import type pg from 'pg';
import type { Role } from '../config/env.ts';
import { type DatabaseFault, faultOf } from './database-fault.ts';
import { compareMigrations } from './migration-history.ts';

/** What a process of the public role reads, and nothing else. */
const publicTables = ['_prisma_migrations', 'public_documents'];

/** The privileges that the role of the session lacks for what the service does. */
export async function findPrivilegeFaults(
  client: pg.Client,
  role: Role,
): Promise<readonly DatabaseFault[]> {
  const missing = await readMissing(client, role);
  const faults = missing.map(({ table, privileges }) =>
    faultOf('database-not-permitted', `The role lacks ${privileges.join(', ')} on ${table}.`),
  );
  if (role === 'public' || missing.some(({ table }) => table === '_prisma_migrations'))
    return faults;
  return [...faults, ...(await findCreationFaults(client))];
}

interface MissingPrivileges {
  readonly table: string;
  readonly privileges: readonly string[];
}

/**
 * The tables of the registry belong to whoever migrated it. Those that the migrations are still to
 * make are not missed here, and tables of others are none of our business.
 */
async function readMissing(client: pg.Client, role: Role): Promise<readonly MissingPrivileges[]> {
  const wanted = role === 'public' ? ['SELECT'] : ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  const { rows } = await client.query<MissingPrivileges>(
    `SELECT relname AS table, array_agg(wanted ORDER BY place) AS privileges
       FROM pg_class, unnest($1::text[]) WITH ORDINALITY AS wants (wanted, place)
      WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'r'
        AND relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('_prisma_migrations'))
        AND ($2::text[] IS NULL OR relname = ANY($2))
        AND NOT has_table_privilege(pg_class.oid, wanted)
      GROUP BY relname ORDER BY relname`,
    [wanted, role === 'public' ? publicTables : null],
  );
  return rows;
}

/** Migrations make tables; when none is left to apply, nothing has to be made. */
async function findCreationFaults(client: pg.Client): Promise<readonly DatabaseFault[]> {
  const { rows } = await client.query<{ schema: string | null; may: boolean | null }>(
    `SELECT current_schema() AS schema, has_schema_privilege(current_schema(), 'CREATE') AS may`,
  );
  const [place] = rows;
  if (place === undefined || place.schema === null) {
    return [faultOf('database-not-permitted', 'The role may use no schema of its search_path.')];
  }
  if (place.may === true || (await compareMigrations(client)).pending.length === 0) return [];
  return [
    faultOf('database-not-permitted', `The role lacks CREATE on the schema ${place.schema}.`),
  ];
}
