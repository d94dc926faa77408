import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { CertificateFiles } from './certificates.ts';

/** An https server on loopback that knows its URL before it knows what to answer. */
export interface HttpsListener extends AsyncDisposable {
  /** `https://localhost:{port}`, without a trailing slash. */
  readonly url: string;
  /** Sets the handler; a request that comes before is answered 503. */
  handle(handler: RequestListener): void;
}

/** Listens on a free port of 127.0.0.1. Disposing ends open connections too. */
export async function listenHttps(certificates: CertificateFiles): Promise<HttpsListener> {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer(
    { cert: await readFile(certificates.certFile), key: await readFile(certificates.keyFile) },
    (request, response) => answer(request, response),
  );
  const port = await listenOnLoopback(server);
  return {
    url: `https://localhost:${port}`,
    handle: (handler) => {
      answer = handler;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Binds a server to a free port of 127.0.0.1 and returns the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
