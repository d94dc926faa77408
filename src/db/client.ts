import { Socket } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** What a store speaks to: the client itself, or one transaction of it. */
export type Connection = Prisma.TransactionClient;

const maxConnections = 16;
const connectDeadlineMs = 5_000;
/** A connection without work is closed after this long, and so before it counts as silent. */
const idleMs = 5_000;
const silentMs = 8_000;
/** The adapter writes and reads every moment as if the session were in UTC. */
const sessionOptions = '-c timezone=UTC';

/**
 * A client with its own pool of connections; `$disconnect` closes them all. A server that leaves a
 * query without a word for `silentMs` counts as lost, or a network that swallows packets would hold
 * every call for as long as TCP has patience.
 */
export function createClient(
  connectionString: string,
  limits: { readonly silentMs: number } = { silentMs },
): PrismaClient {
  const pool = new pg.Pool({
    connectionString: withSessionOptions(connectionString),
    max: maxConnections,
    connectionTimeoutMillis: connectDeadlineMs,
    idleTimeoutMillis: Math.min(idleMs, limits.silentMs / 2),
    stream: () => impatientSocket(limits.silentMs),
  });
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) });
}

/** Its time begins anew with every octet in either direction, under TLS too. */
function impatientSocket(limitMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(limitMs, () => socket.destroy());
  return socket;
}

function withSessionOptions(connectionString: string): string {
  const url = new URL(connectionString);
  const given = url.searchParams.get('options');
  url.searchParams.set('options', given === null ? sessionOptions : `${given} ${sessionOptions}`);
  return url.href;
}
