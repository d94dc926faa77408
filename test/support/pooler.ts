import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A stand-in for PgBouncer: enough of the protocol to pool by session or by transaction. */
export interface Pooler extends AsyncDisposable {
  readonly port: number;
}

/** A server connection that is logged in, and who uses it now. */
interface Upstream {
  readonly socket: Socket;
  hear: (octets: Buffer) => void;
  user: Socket | null;
}

// PostgreSQL §54.7: AuthenticationOk, BackendKeyData of a process that is not the server's, and
// ReadyForQuery.
const greeting = Buffer.concat([
  Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1'),
  Buffer.from('K\0\0\0\x0c\0\0\0\x07\0\0\0\x07', 'latin1'),
  Buffer.from('Z\0\0\0\x05I', 'latin1'),
]);

/** Pools connections of one role to one database; whatever sessions ask for at start is lost. */
export async function startPooler(
  target: { readonly socketPath: string; readonly user: string; readonly database: string },
  mode: 'session' | 'transaction',
): Promise<Pooler> {
  const upstreams: Upstream[] = [];
  const clients: Socket[] = [];
  const take = async (client: Socket): Promise<Upstream> => {
    const mine = upstreams.find(({ user }) => user === client);
    if (mine !== undefined) return mine;
    const free = upstreams.find(({ user }) => user === null) ?? (await logIn(target));
    if (!upstreams.includes(free)) upstreams.push(free);
    free.user = client;
    free.hear = (octets) => {
      client.write(octets);
      const isIdle = octets.subarray(-6).equals(Buffer.from('Z\0\0\0\x05I', 'latin1'));
      if (isIdle && mode === 'transaction') free.user = null;
    };
    return free;
  };
  const server = createServer((client) => {
    clients.push(client.on('error', () => undefined));
    client.once('data', () => {
      client.write(greeting);
      client.on('data', async (octets: Buffer) => {
        if (octets.toString('latin1', 0, 1) === 'X') client.end();
        else (await take(client)).socket.write(octets);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...clients, ...upstreams.map((one) => one.socket)]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function logIn(target: {
  readonly socketPath: string;
  readonly user: string;
  readonly database: string;
}): Promise<Upstream> {
  const socket = connect(target.socketPath);
  const upstream: Upstream = { socket, user: null, hear: () => undefined };
  const greeted = new Promise<void>((resolve) => {
    upstream.hear = (octets) => {
      if (octets.subarray(-6).equals(Buffer.from('Z\0\0\0\x05I', 'latin1'))) resolve();
    };
  });
  socket.on('error', () => undefined).on('data', (octets: Buffer) => upstream.hear(octets));
  const body = Buffer.from(`\0\x03\0\0user\0${target.user}\0database\0${target.database}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.byteLength + 4);
  socket.write(Buffer.concat([length, body]));
  await greeted;
  return upstream;
}
