import { accepted, type Fault, type Parsed, refused, refusedAll } from '../protocol/parsed.ts';

/**
 * How a connection is protected, in PostgreSQL's words and never weaker than they say: `require`
 * judges the server as `verify-full` does, and there is no mode that falls back to plain text.
 */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** Certificates by the path of their PEM file. */
export interface DatabaseTls {
  readonly mode: Exclude<SslMode, 'disable'>;
  /** Of the authorities that may vouch for the server; null for those that Node.js knows. */
  readonly rootCertificate: string | null;
  /** What we show to a server that asks for it. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
}

/** What a database URL says. `password` is a secret: never print this value. */
export interface DatabaseAddress {
  /** A name, an IP address without brackets, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** null: plain text. */
  readonly tls: DatabaseTls | null;
  /** Settings of the session, as `-c name=value`. */
  readonly options: string | undefined;
  readonly applicationName: string | undefined;
}

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
const defaultPort = 5432;
const knownParameters = [
  'host',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'options',
  'application_name',
];
/** What other clients read from such a URL, and what stands for it here. */
const replacements: ReadonlyMap<string, string> = new Map([
  ['connection_limit', 'the size of the pool is SEALWRIGHT_DATABASE_POOL'],
  ['ssl', 'write sslmode=verify-full, or sslmode=disable for plain text'],
  ['uselibpqcompat', 'sslmode is never weaker here than its name'],
  ['schema', 'set search_path for the role: ALTER ROLE … SET search_path'],
  ['pgbouncer', 'a pooler between us and the server has to pool by session'],
  ['password', 'the password stands before the "@"'],
]);

/**
 * Parses a `postgresql://` URL. Everything that is said there has an effect, so a parameter that is
 * not known is refused by its name. No fault repeats a value: the password may be anywhere.
 */
export function parseDatabaseUrl(text: string): Parsed<DatabaseAddress> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    return fault(
      'must be a postgresql:// URL, with the special characters of the password percent-encoded',
    );
  }
  if (url.hash !== '' || url.search.includes('@')) {
    return fault('holds "?" or "#" in its name or password: write them as %3F and %23');
  }
  const parts = partsOf(url);
  if (parts === null) return fault('holds a percent sign that encodes nothing: write it as %25');
  const faults = [...findPartFaults(parts), ...findParameterFaults(url.searchParams)];
  if (faults.length > 0) return refusedAll(faults);
  const tls = readTls(url.searchParams, parts.host);
  if (!tls.ok) return tls;
  return accepted({
    ...parts,
    password: parts.password === '' ? undefined : parts.password,
    port: url.port === '' ? defaultPort : Number(url.port),
    tls: tls.value,
    options: url.searchParams.get('options') ?? undefined,
    applicationName: url.searchParams.get('application_name') ?? undefined,
  });
}

/** Where a database is, for people: without the password. */
export function placeOf({ host, port, database }: DatabaseAddress): string {
  return isSocketFolder(host) ? `${database} on ${host}` : `${database} on ${host}:${port}`;
}

interface Parts {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

function partsOf(url: URL): Parts | null {
  try {
    const hostname = decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, '$1');
    return {
      host: url.searchParams.get('host') ?? hostname,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    return null;
  }
}

function findPartFaults({ host, user, database }: Parts): readonly Fault[] {
  return [
    ...(user === '' ? [faultOf('names no user')] : []),
    ...(database === '' ? [faultOf('names no database')] : []),
    ...(host === '' ? [faultOf('names no host')] : []),
    ...(host.includes(',') ? [faultOf('names several hosts: give it one')] : []),
  ];
}

function findParameterFaults(parameters: URLSearchParams): readonly Fault[] {
  const names = [...new Set(parameters.keys())];
  const unknown = names
    .filter((name) => !knownParameters.includes(name))
    .map((name) => faultOf(`has a parameter "${name}" that is not known${adviceOn(name)}`));
  const repeated = names
    .filter((name) => parameters.getAll(name).length > 1)
    .map((name) => faultOf(`has the parameter "${name}" more than once`));
  const empty = names
    .filter((name) => parameters.get(name) === '')
    .map((name) => faultOf(`has the parameter "${name}" without a value`));
  return [...unknown, ...repeated, ...empty];
}

function adviceOn(name: string): string {
  const replacement = replacements.get(name);
  return replacement === undefined ? ': take it out' : `: ${replacement}`;
}

function readTls(parameters: URLSearchParams, host: string): Parsed<DatabaseTls | null> {
  const given = parameters.get('sslmode');
  if (given === null) return readUnsaid(parameters, host);
  const mode = sslModes.find((candidate) => candidate === given);
  if (mode === undefined) {
    return fault(
      `has an sslmode that is not taken, because it may end in plain text or with an unknown server: it is one of ${sslModes.join(', ')}`,
    );
  }
  if (mode === 'disable') return readPlain(parameters);
  if (isSocketFolder(host)) return fault('has an sslmode for a unix socket, which knows no TLS');
  return readProtected(parameters, mode);
}

/** Nothing is said of TLS: plain text is for what does not leave this machine. */
function readUnsaid(parameters: URLSearchParams, host: string): Parsed<DatabaseTls | null> {
  if (isLocal(host)) return readPlain(parameters);
  return fault(
    'names a host on the network and says nothing of TLS: add sslmode=verify-full (and sslrootcert=<PEM file> for an authority of your own), or sslmode=disable to send passwords and papers in plain text',
  );
}

function readPlain(parameters: URLSearchParams): Parsed<null> {
  const idle = ['sslrootcert', 'sslcert', 'sslkey'].find((name) => parameters.has(name));
  return idle === undefined
    ? accepted(null)
    : fault(`has ${idle}, which has no effect in plain text: add sslmode=verify-full`);
}

function readProtected(
  parameters: URLSearchParams,
  mode: DatabaseTls['mode'],
): Parsed<DatabaseTls> {
  const root = parameters.get('sslrootcert');
  const rootCertificate = root === 'system' ? null : root;
  if (mode === 'verify-ca' && rootCertificate === null) {
    return fault(
      'has sslmode=verify-ca without sslrootcert: any server with a bought certificate would do',
    );
  }
  const certificate = parameters.get('sslcert');
  const key = parameters.get('sslkey');
  if ((certificate === null) !== (key === null)) return fault('needs sslcert and sslkey together');
  const client = certificate === null || key === null ? null : { certificate, key };
  return accepted({ mode, rootCertificate, client });
}

function isSocketFolder(host: string): boolean {
  return host.startsWith('/');
}

function isLocal(host: string): boolean {
  return (
    isSocketFolder(host) || host === 'localhost' || host === '::1' || /^127\.[\d.]+$/.test(host)
  );
}

function faultOf(detail: string): Fault {
  return { pointer: '', rule: 'setting', detail };
}

function fault(detail: string): Parsed<never> {
  return refused('', 'setting', detail);
}
