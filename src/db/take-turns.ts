import { withClient } from './with-client.ts';

/**
 * Runs the work while no other process on this database runs its own: an advisory lock beside those of
 * migrations and rounds. It ends with the process, however that ends.
 */
export function takeTurns<Result>(
  connectionString: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return withClient(connectionString, async (client) => {
    await client.query(
      'SELECT pg_advisory_lock(24226, oid::int4) FROM pg_namespace WHERE nspname = current_schema()',
    );
    return work();
  });
}
