import type { RequestListener } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { generate } from 'selfsigned';

/** A real server on loopback. */
export interface PlainSite extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** Sockets that were ever opened to it. */
  readonly connections: () => number;
  /** Sockets that are open now. */
  readonly open: () => number;
}

/** A real https server on loopback, with the certificate that its visitors have to trust. */
export interface LoopbackSite extends PlainSite {
  /** PEM of the certificate, which is its own CA. */
  readonly ca: string;
}

/** A certificate for `localhost` and `*.hosts.localhost`, or for another name. */
export function createCertificate(name = 'localhost', days = 1) {
  const notBeforeDate = new Date(Date.now() - 2 * 86_400_000);
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    notBeforeDate,
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 2, value: `*.hosts.${name}` },
        ],
      },
    ],
  });
}

/** Starts an https server that answers with this listener. */
export async function startLoopbackSite(
  listener: RequestListener,
  certificate?: Awaited<ReturnType<typeof createCertificate>>,
  options: ServerOptions = {},
): Promise<LoopbackSite> {
  const { cert, private: key } = certificate ?? (await createCertificate());
  const server = createServer({ ...options, cert, key }, listener);
  server.on('tlsClientError', () => undefined);
  return { ...(await open(server, 'https')), ca: cert };
}

/** Starts an http server that answers with this listener. */
export function startPlainSite(listener: RequestListener): Promise<PlainSite> {
  return open(createHttpServer(listener), 'http');
}

/** Starts a server that answers whatever is asked with these octets, and keeps its connections. */
export function startRawSite(answer: string | Uint8Array): Promise<PlainSite> {
  return startSocketSite((socket) => socket.on('data', () => socket.write(answer)));
}

/** Starts a server that does as it likes with the connections made to it. */
export function startSocketSite(take: (socket: Socket) => void): Promise<PlainSite> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    take(socket);
  });
  return open(server, 'http');
}

async function open(server: Server, scheme: 'http' | 'https'): Promise<PlainSite> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${scheme}://localhost:${port}`,
    port,
    connections: () => connections,
    open: () => sockets.size,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
