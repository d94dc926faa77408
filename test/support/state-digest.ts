import pg from 'pg';

/**
 * Kept beside what is asked for: answers to be repeated, and the moment of a sighting. Everything
 * else is what a refusal has to leave as it is.
 */
const besideState = ['_prisma_migrations', 'remembered_requests', 'agent_sightings'];

/** Reads a digest of every row of every table; two that are equal mean that nothing has changed. */
export interface StateDigest extends AsyncDisposable {
  read(): Promise<string>;
}

export async function openStateDigest(connectionString: string): Promise<StateDigest> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1)
       ORDER BY tablename`,
    [besideState],
  );
  const parts = rows.map(
    ({ tablename: name }) =>
      `SELECT '${name} ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '-') AS digest
         FROM "${name}" AS t`,
  );
  return {
    read: async () => {
      const digests = await client.query<{ digest: string }>(parts.join(' UNION ALL '));
      return digests.rows.map(({ digest }) => digest).join('\n');
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
