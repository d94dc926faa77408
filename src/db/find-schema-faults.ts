import type pg from 'pg';
import type { Role } from '../config/env.ts';
import { type DatabaseFault, faultOf } from './database-fault.ts';
import { compareMigrations } from './migration-history.ts';

/**
 * What keeps the schema from being the one that this release expects. The roles that write migrate
 * what is older; the public role changes nothing, and so finds an older schema wrong as well.
 */
export async function findSchemaFaults(
  client: pg.Client,
  role: Role,
): Promise<readonly DatabaseFault[]> {
  if (!(await mayReadHistory(client))) return [];
  const { pending, trouble } = await compareMigrations(client);
  if (trouble !== null) return [faultOf('database-schema', trouble)];
  if (role !== 'public' || pending.length === 0) return [];
  const names = pending.map(({ name }) => name).join(', ');
  return [faultOf('database-schema-older', `The database lacks the migrations ${names}.`)];
}

/** The lack of this privilege is a fault that `find-privilege-faults.ts` reports. */
async function mayReadHistory(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean | null }>(
    "SELECT has_table_privilege(to_regclass('_prisma_migrations'), 'SELECT') AS may",
  );
  return rows[0]?.may !== false;
}
