import type pg from 'pg';
import { defaultSilentMs } from './connect-options.ts';
import { type DatabaseFault, faultOf, warningOf } from './database-fault.ts';
import { withClient } from './with-client.ts';

/**
 * Looks for a pooler between us and the server: its process id at the start of the session is not
 * that of the process that answers. One that gives a session another process for each transaction
 * loses time zones, limits and locks; one that pools by session does no harm.
 */
export async function findPoolerFaults(
  client: pg.Client,
  connectionString: string,
): Promise<readonly DatabaseFault[]> {
  const answering = await processOf(client);
  if (announcedProcess(client) === answering) return [];
  if (await isShared(answering, connectionString)) {
    return [
      faultOf(
        'database-pooler',
        'A pooler in front of the server pools by transaction or statement.',
      ),
    ];
  }
  return [
    warningOf(
      'database-pooler',
      'A pooler stands in front of the server; it has to pool by session.',
    ),
  ];
}

/** Whether the process that answered our first session answers a second one, too. */
async function isShared(process: number, connectionString: string): Promise<boolean> {
  const limits = { silentMs: defaultSilentMs };
  return (await withClient(connectionString, processOf, limits)) === process;
}

async function processOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** The driver keeps what the server announced; its types do not say so. */
function announcedProcess(client: pg.Client): unknown {
  return 'processID' in client ? client.processID : undefined;
}
