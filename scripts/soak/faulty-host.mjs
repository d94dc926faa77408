import { once } from 'node:events';
import { createServer } from 'node:https';
import { commitFault, drawFault, etagOf, headersOf } from './faults.mjs';

/** Long: connections end because the reader lets go of them, not because this side does. */
const keepAliveMs = 120_000;

/**
 * An https host on a free port of 127.0.0.1 that answers a share of its requests with a fault
 * instead of the document, and says so. `mood.faultShare` may change at any time.
 */
export async function openFaultyHost({ certificate, mood, onFault }) {
  const documents = new Map();
  const counts = { requests: 0, connections: 0 };
  const server = createServer({ ...certificate, keepAliveTimeout: keepAliveMs });
  // Resets are what this host is for.
  server.on('clientError', (_error, socket) => socket.destroy());
  // TLS hides the connection below it, and that is what has to be reset.
  const connections = new Map();
  server.on('connection', (socket) => {
    const { remotePort } = socket;
    connections.set(remotePort, socket);
    counts.connections += 1;
    socket.on('error', () => {});
    socket.on('close', () => {
      if (connections.get(remotePort) === socket) connections.delete(remotePort);
      counts.connections -= 1;
    });
  });
  server.on('request', (request, response) => {
    counts.requests += 1;
    const document = documents.get(request.url);
    if (document === undefined) {
      response.writeHead(404).end();
    } else if (Math.random() < mood.faultShare) {
      const kind = drawFault(document);
      onFault({ url: `${origin}${request.url}`, kind, at: Date.now() });
      const reset = () => connections.get(request.socket.remotePort)?.resetAndDestroy();
      commitFault(kind, response, { ...document, reset });
    } else {
      serve(document, request, response);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://localhost:${server.address().port}`;
  return {
    origin,
    counts,
    hangUp: () => server.closeIdleConnections(),
    publish: (path, document) => {
      documents.set(path, { ...document, etag: etagOf(document.body) });
    },
  };
}

function serve(document, request, response) {
  const headers = headersOf(document);
  if (request.headers['if-none-match'] === document.etag) response.writeHead(304, headers).end();
  else {
    const { body } = document;
    response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
  }
}
