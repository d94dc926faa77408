import pg from 'pg';
import { connectOptions } from './connect-options.ts';

/**
 * One connection for one piece of work of maintenance, closed whatever happens. Its statements may
 * take as long as they need, unless a limit for the server's silence is given.
 */
export async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
  limits: { readonly silentMs: number } = { silentMs: 0 },
): Promise<Result> {
  const client = new pg.Client(
    connectOptions(connectionString, { kind: 'maintenance', ...limits }),
  );
  // A connection that breaks fails the query under way; between queries there is nobody to tell.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
