import { readFileSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { ListenAddress } from '../config/readers.ts';
import type { Settings } from '../config/settings.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** What each listener answers with. Without an admin listener, `public` answers everything. */
export interface Planes {
  readonly public: RequestListener;
  readonly admin: RequestListener | null;
}

/** Listeners that accept connections, until `close`. */
export interface Listeners {
  /** Where the public listener is bound, as a URL; the port is the real one. */
  readonly publicUrl: string;
  readonly adminUrl: string | null;
  /** From now on each connection ends with the answer under way, so that clients open another elsewhere. */
  drain(): void;
  /** Takes no further connection, lets running requests end, and cuts them off after `graceMs`. */
  close(): Promise<void>;
}

type ListenerSettings = Pick<Settings, 'listen' | 'adminListen' | 'tls'>;

const graceMs = 10_000;
/**
 * How long, in milliseconds, and how large, in bytes, a message may be. A client that dribbles its
 * headers is cut off within 15 seconds: 10, and the interval at which connections are looked at.
 */
export const messageLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the idle time of the usual proxies, so that they and not we end a connection.
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
} as const;

type MessageLimits = { readonly [Name in keyof typeof messageLimits]: number };

/**
 * Opens the listeners, http or https as the settings say, and resolves once they accept. Throws
 * `start-refused` when an address cannot be bound; then none stays open.
 */
export async function startListeners(
  settings: ListenerSettings,
  planes: Planes,
  limits: MessageLimits = messageLimits,
): Promise<Listeners> {
  const state = { isDraining: false };
  const bind = (address: ListenAddress, listener: RequestListener) =>
    open(address, createServer({ tls: settings.tls, limits }, ending(listener, state)));
  const publicServer = await bind(settings.listen, planes.public);
  const servers = [publicServer];
  try {
    if (settings.adminListen !== undefined && planes.admin !== null) {
      servers.push(await bind(settings.adminListen, planes.admin));
    }
  } catch (error) {
    await closeAll(servers);
    throw error;
  }
  const [, adminServer] = servers;
  return {
    publicUrl: urlOf(publicServer, settings),
    adminUrl: adminServer === undefined ? null : urlOf(adminServer, settings),
    drain: () => {
      state.isDraining = true;
    },
    close: () => {
      state.isDraining = true;
      return closeAll(servers);
    },
  };
}

/** RFC 9112 §9.6: an answer with `Connection: close` is the last one of its connection. */
function ending(
  listener: RequestListener,
  state: { readonly isDraining: boolean },
): RequestListener {
  return (request, response) => {
    if (state.isDraining) response.shouldKeepAlive = false;
    if (namesTwoHosts(request)) response.writeHead(400, { Connection: 'close' }).end();
    else listener(request, response);
  };
}

/** RFC 9112 §3.2: such a request is answered with 400, since others may go by the other one. */
function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function createServer(
  { tls, limits }: { readonly tls: Settings['tls']; readonly limits: MessageLimits },
  listener: RequestListener,
): Server {
  if (tls === undefined) return createHttp(limits, listener);
  const pair = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  return createHttps({ ...limits, ...pair }, listener);
}

async function open(address: ListenAddress, server: Server): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(unbound(address, cause)));
    server.listen(address, resolve);
  });
  return server;
}

function unbound({ host, port }: ListenAddress, cause: Error): SealwrightError {
  const code = 'code' in cause ? ` (${String(cause.code)})` : '';
  return new SealwrightError('start-refused', `Cannot listen on ${host}:${port}${code}.`, {
    cause,
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(close));
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cutOff);
}

function urlOf(server: Server, settings: ListenerSettings): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('The listener has no port.');
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `${settings.tls === undefined ? 'http' : 'https'}://${host}:${bound.port}`;
}
