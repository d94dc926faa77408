import type { ClientRequest } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { AddressRefused, lookupLoopback, lookupPublic } from './dialled-addresses.ts';
import type { Guard } from './guard-options.ts';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';

/** What is asked for; the user agent is the dialler's own. */
export interface DialOrder {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
}

/** Begins a request to a URL that was judged; it goes out with `end()`. */
export type Dial = (url: URL, loopback: boolean, asked: DialOrder) => ClientRequest;

const userAgent = 'sealwright-verifier';
const idleSocketMs = 15_000;
/** Connections that lie idle at a time, to all hosts together: each of them is a file descriptor. */
const maxIdleSockets = 256;
const maxHeaderBytes = 16_384;
/**
 * How long one address of several is tried. Node gives up the attempt when the time is over, even if
 * the process was merely busy meanwhile: its default of a quarter second turns a hiccup into a failure.
 */
const attemptMs = 1_000;

/**
 * Dials on sockets of its own, whatever the process has set for everybody else: certificates are
 * checked, answers are parsed by the letter, and only what `lookupPublic` lets through is dialled.
 */
export function createDial({ ca, resolveHost }: Pick<Guard, 'ca' | 'resolveHost'>): Dial {
  const sockets = {
    keepAlive: true,
    timeout: idleSocketMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
  };
  const certificates = ca === undefined ? {} : { ca };
  const secure = boundIdle(
    new HttpsAgent({
      ...sockets,
      ...certificates,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    }),
  );
  const plain = boundIdle(new HttpAgent(sockets));
  const publicLookup = lookupPublic(resolveHost);
  return (url, loopback, asked) => {
    const common = {
      method: asked.method,
      headers: { ...asked.headers, 'user-agent': userAgent },
      lookup: loopback ? lookupLoopback : publicLookup,
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
    };
    const request =
      url.protocol === 'http:'
        ? requestHttp(url, { ...common, agent: plain })
        : requestHttps(url, { ...common, agent: secure });
    const isMeant = loopback ? isLoopbackAddress : isPublicAddress;
    return request.on('socket', (socket) => judgePeer(request, socket, isMeant));
  };
}

/** Idle connections to one host, each of which its server may have closed in the meantime. */
export const maxStaleConnections = 4;

/**
 * Whether the request failed because its connection was closed just as it was used again, as a server
 * may at any time (RFC 9112 §9.3.1); what may be repeated can then be sent once more.
 */
export function wasStale({ reusedSocket }: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function boundIdle<Agent extends HttpAgent>(agent: Agent): Agent {
  const keep = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => idleSocketsOf(agent) < maxIdleSockets && keep(socket);
  return agent;
}

function idleSocketsOf(agent: HttpAgent): number {
  return Object.values(agent.freeSockets).reduce((sum, idle) => sum + (idle?.length ?? 0), 0);
}

/**
 * Looks at the address once more where it cannot be mistaken: on the connection. A runtime or a
 * patch of it that goes past the resolver hook is found before a request is written.
 */
export function judgePeer(
  request: ClientRequest,
  socket: Socket,
  isMeant: (address: string) => boolean,
): void {
  const { connecting, remoteAddress } = socket;
  if (connecting) {
    socket.once('connect', () => judgePeer(request, socket, isMeant));
  } else if (remoteAddress === undefined) {
    // Nobody is at the other end any more.
    request.destroy();
  } else if (!isMeant(remoteAddress)) {
    request.destroy(new AddressRefused('the connection leads to an address that is not meant'));
  }
}
