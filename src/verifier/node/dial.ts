import type { ClientRequest } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { FetchOptions } from '../ports.ts';
import { AddressRefused, lookupLoopback, lookupPublic } from './dialled-addresses.ts';
import type { Guard } from './guard-options.ts';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';

/** Begins a request to a URL that was judged; it goes out with `end()`. */
export type Dial = (url: URL, loopback: boolean, asked: FetchOptions) => ClientRequest;

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
      method: 'GET',
      headers: headersFor(asked),
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

function headersFor(asked: FetchOptions): Record<string, string> {
  return {
    accept: asked.accept,
    'accept-encoding': 'gzip',
    'user-agent': userAgent,
    ...(asked.ifNoneMatch === undefined ? {} : { 'if-none-match': asked.ifNoneMatch }),
    ...(asked.revalidate === true ? { 'cache-control': 'no-cache' } : {}),
  };
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
