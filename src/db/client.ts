import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { connectOptions, defaultSilentMs } from './connect-options.ts';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** What a store speaks to: the client itself, or one transaction of it. */
export type Connection = Prisma.TransactionClient;

/** A connection without work is closed after this long, and so before it counts as silent. */
const idleMs = 5_000;

/** How many connections a client may hold, and how long the server may be silent. */
export interface ClientLimits {
  readonly maxConnections: number;
  readonly silentMs: number;
}

const defaultLimits: ClientLimits = { maxConnections: 16, silentMs: defaultSilentMs };

/**
 * A client with its own pool of connections; `$disconnect` closes them all. A server that leaves a
 * query without a word for `silentMs` counts as lost, or a network that swallows packets would hold
 * every call for as long as TCP has patience.
 */
export function createClient(
  connectionString: string,
  given: Partial<ClientLimits> = {},
): PrismaClient {
  const { maxConnections, silentMs } = { ...defaultLimits, ...given };
  const pool = new pg.Pool({
    ...connectOptions(connectionString, { kind: 'service', silentMs }),
    max: maxConnections,
    idleTimeoutMillis: Math.min(idleMs, silentMs / 2),
  });
  // A connection handed from one query to the next has no listener for a moment, in which an error
  // would end the process. Whoever uses the connection next hears of it.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) });
}
