import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

/** A real https server on loopback, with the certificate that its visitors have to trust. */
export interface LoopbackSite extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** PEM of the certificate, which is its own CA. */
  readonly ca: string;
  /** Sockets that were ever opened to it. */
  readonly connections: () => number;
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

/** Starts a server that answers with this listener. */
export async function startLoopbackSite(
  listener: RequestListener,
  certificate?: Awaited<ReturnType<typeof createCertificate>>,
): Promise<LoopbackSite> {
  const { cert, private: key } = certificate ?? (await createCertificate());
  const server = createServer({ cert, key }, listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    port,
    ca: cert,
    connections: () => connections,
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
