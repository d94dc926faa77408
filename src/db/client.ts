import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** What a store speaks to: the client itself, or one transaction of it. */
export type Connection = Prisma.TransactionClient;

const maxConnections = 16;
const connectDeadlineMs = 5_000;
/** The adapter writes and reads every moment as if the session were in UTC. */
const sessionOptions = '-c timezone=UTC';

/** A client with its own pool of connections; `$disconnect` closes them all. */
export function createClient(connectionString: string): PrismaClient {
  const pool = new pg.Pool({
    connectionString: withSessionOptions(connectionString),
    max: maxConnections,
    connectionTimeoutMillis: connectDeadlineMs,
  });
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) });
}

function withSessionOptions(connectionString: string): string {
  const url = new URL(connectionString);
  const given = url.searchParams.get('options');
  url.searchParams.set('options', given === null ? sessionOptions : `${given} ${sessionOptions}`);
  return url.href;
}
