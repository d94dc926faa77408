import { isIP } from 'node:net';
import { isLoopbackName } from '../../protocol/host-name.ts';

/** Ports that speak other protocols: no key set is served there, and a probe must not reach them. */
const refusedPorts: ReadonlySet<number> = new Set([
  1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061,
  5432, 5900, 5984, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9200,
  10080, 10250, 11211, 27017,
]);
const httpsPort = 443;
const privilegedPorts = 1024;

// RFC 6761, RFC 6762, RFC 8375, RFC 9476, the suffixes that ICANN and the IETF keep out of the root,
// and the one under which the network itself is named.
const internalSuffixes: readonly string[] = [
  '.localhost',
  '.localdomain',
  '.local',
  '.internal',
  '.intranet',
  '.lan',
  '.home',
  '.corp',
  '.private',
  '.arpa',
  '.alt',
  '.test',
  '.invalid',
  '.example',
  '.onion',
];

/** The URL to dial, or why it is not dialled. */
export type UrlJudgement =
  | { readonly ok: true; readonly url: URL; readonly loopback: boolean }
  | { readonly ok: false; readonly detail: string };

/**
 * Whether the guard may dial this URL at all, judged on its text alone. An address literal is
 * refused here because the resolver hook never sees one.
 */
export function judgeUrl(text: string, allowLoopback: boolean): UrlJudgement {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.href !== text || url.username !== '' || url.password !== '') {
    return refuse('the URL is not in its one canonical form');
  }
  const loopback = isLoopbackName(url.hostname);
  if (loopback && !allowLoopback) {
    return refuse('loopback hosts are read in development only');
  }
  if (url.protocol !== 'https:' && !(loopback && url.protocol === 'http:')) {
    return refuse('only https is read');
  }
  const fault = loopback ? undefined : (nameFault(url.hostname) ?? portFault(url.port));
  return fault === undefined ? { ok: true, url, loopback } : refuse(fault);
}

function nameFault(hostname: string): string | undefined {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) {
    return 'an address literal is never dialled';
  }
  const internal = !hostname.includes('.') || hostname.endsWith('.');
  if (internal || internalSuffixes.some((suffix) => hostname.endsWith(suffix))) {
    return 'the host is an internal name';
  }
  return undefined;
}

function portFault(port: string): string | undefined {
  const number = port === '' ? httpsPort : Number(port);
  const refused = (number < privilegedPorts && number !== httpsPort) || refusedPorts.has(number);
  return refused ? 'the port belongs to another protocol' : undefined;
}

function refuse(detail: string): UrlJudgement {
  return { ok: false, detail };
}
