import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { isPublicAddress } from '../verifier/node/public-address.ts';
import type { ResolvedAddress } from '../verifier/node/resolve-host.ts';
import type { Dialling } from './exchange.ts';

/** The certificate that a server showed. Times are ISO 8601. */
export interface Certificate {
  readonly validFrom: string;
  readonly validTo: string;
  readonly daysLeft: number;
  /** The days that it lives in all. */
  readonly days: number;
  readonly chainTrusted: boolean;
  readonly nameMatches: boolean;
  /** The code of OpenSSL for what is wrong with the chain; null when nothing is. */
  readonly chainFault: string | null;
}

/** One connection to one address of a host, without a request. */
export interface Contact {
  readonly address: string;
  readonly family: number;
  /** Why there is no connection; null when there is one. */
  readonly failure: 'refused' | 'timeout' | 'unreachable' | 'handshake' | null;
  /** Such as `TLSv1.3`; null over plain http, and without a handshake. */
  readonly protocol: string | null;
  readonly certificate: Certificate | null;
}

/** What an origin looks like from outside, before anything is asked of it. */
export interface Host {
  readonly origin: string;
  readonly loopback: boolean;
  /** `unresolved` and `not-public` are dialled at no address. */
  readonly resolution: 'public' | 'loopback' | 'unresolved' | 'not-public';
  readonly addresses: readonly string[];
  /** One for the first address of each family. */
  readonly contacts: readonly Contact[];
}

const loopbackAddresses: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const dayMs = 86_400_000;

/** Resolves the host of a URL that the guard lets through, and shakes hands with each family. */
export async function lookAtHost(
  url: URL,
  order: { readonly dialling: Dialling; readonly loopback: boolean; readonly deadline: number },
): Promise<Host> {
  const { dialling, loopback, deadline } = order;
  const resolve = dialling.resolveHost;
  const answers = loopback ? loopbackAddresses : await resolve(url.hostname).catch(() => []);
  const known = {
    origin: url.origin,
    loopback,
    addresses: answers.map(({ address }) => address),
    contacts: [],
  };
  if (answers.length === 0) return { ...known, resolution: 'unresolved' };
  if (!loopback && !answers.every(({ address }) => isPublicAddress(address))) {
    return { ...known, resolution: 'not-public' };
  }
  const families = [4, 6].flatMap((family) => answers.find((one) => one.family === family) ?? []);
  const contacts = await Promise.all(
    families.map((to) => contact(url, to, { ca: dialling.ca, deadline })),
  );
  return { ...known, contacts, resolution: loopback ? 'loopback' : 'public' };
}

/** Connects to the very address that was judged, so that no name can change its mind meanwhile. */
async function contact(
  url: URL,
  { address, family }: ResolvedAddress,
  { ca, deadline }: { readonly ca: string | undefined; readonly deadline: number },
): Promise<Contact> {
  const to = { address, family };
  const none = { protocol: null, certificate: null };
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const socket = connectTcp({ host: address, port });
  try {
    const failure = await settled(socket, 'connect', deadline);
    if (failure !== null || !secure) return { ...to, failure, ...none };
    const tls = connectTls({
      socket,
      servername: url.hostname,
      // What is wrong with it is to be told; nothing is asked over this connection.
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
      ...(ca === undefined ? {} : { ca }),
    });
    const broken = await settled(tls, 'secureConnect', deadline);
    if (broken !== null) {
      return { ...to, failure: broken === 'timeout' ? broken : 'handshake', ...none };
    }
    const certificate = certificateOf(tls, url.hostname);
    if (certificate === null) return { ...to, failure: 'handshake', ...none };
    return { ...to, failure: null, protocol: tls.getProtocol(), certificate };
  } finally {
    socket.destroy();
  }
}

const causes: Readonly<Record<string, NonNullable<Contact['failure']>>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
};

/** null once the event came; otherwise why it did not. */
function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  deadline: number,
): Promise<Contact['failure']> {
  return new Promise((resolve) => {
    const end = (failure: Contact['failure']) => {
      clearTimeout(timer);
      resolve(failure);
    };
    const timer = setTimeout(() => end('timeout'), Math.max(0, deadline - Date.now()));
    socket.once(event, () => end(null));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(causes[error.code ?? ''] ?? 'unreachable'),
    );
    socket.once('close', () => end('unreachable'));
  });
}

/** null where its times are none: no reader gets as far as a request with such a certificate. */
function certificateOf(tls: TLSSocket, hostname: string): Certificate | null {
  const shown = tls.getPeerCertificate();
  const from = new Date(shown.valid_from);
  const to = new Date(shown.valid_to);
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return null;
  const fault = tls.authorizationError;
  const code = fault instanceof Error ? codeOf(fault) : fault ? String(fault) : null;
  const nameMatches = checkServerIdentity(hostname, shown) === undefined;
  // A wrong name, or a time, is said by itself: the chain is what is left.
  const chainFault = code !== null && !otherFaults.has(code) ? code : null;
  return {
    validFrom: from.toISOString(),
    validTo: to.toISOString(),
    daysLeft: Math.floor((to.getTime() - Date.now()) / dayMs),
    days: Math.round((to.getTime() - from.getTime()) / dayMs),
    chainTrusted: chainFault === null,
    nameMatches,
    chainFault,
  };
}

const otherFaults: ReadonlySet<string> = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
]);

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : 'unknown';
}
