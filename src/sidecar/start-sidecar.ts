import { createServer, type RequestListener, type Server } from 'node:http';
import { isIP } from 'node:net';

/** Where a sidecar is bound. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A listener that accepts connections, until `close`. */
export interface RunningSidecar {
  /** Where it is bound, with the real port. */
  readonly url: string;
  /** Takes no further connection, lets running requests end, and cuts them off after ten seconds. */
  close(): Promise<void>;
}

const graceMs = 10_000;
const messageLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the idle time of the usual proxies, so that they and not we end a connection.
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
} as const;
const maxConnections = 4_096;

/** Opens the listener. Rejects with the error of the system when the address cannot be bound. */
export async function startSidecar(
  address: ListenAddress,
  listener: RequestListener,
): Promise<RunningSidecar> {
  const server = createServer(messageLimits, listener);
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  return { url: urlOf(server), close: () => close(server) };
}

/** Whether only processes of this machine can reach what listens there. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cutOff);
}

function urlOf(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('The listener has no port.');
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `http://${host}:${bound.port}`;
}
