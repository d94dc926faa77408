import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { listenOnLoopback } from './listen-https.ts';

/** A forwarder of TCP connections on loopback that counts them. */
export interface CountingForwarder extends AsyncDisposable {
  readonly port: number;
  connections(): number;
}

/** Forwards a free port of 127.0.0.1 to another. TLS passes through unread. */
export async function forwardCounting(targetPort: number): Promise<CountingForwarder> {
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((inbound) => {
    count += 1;
    const outbound = connect(targetPort, '127.0.0.1');
    for (const socket of [inbound, outbound]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    pipeline(inbound, outbound, inbound, () => undefined);
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    connections: () => count,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
