import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type pg from 'pg';
import {
  type DatabaseAddress,
  type DatabaseTls,
  parseDatabaseUrl,
} from '../config/database-url.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';

const connectDeadlineMs = 5_000;
/** A server that leaves a query without a word for so long counts as lost. */
export const defaultSilentMs = 8_000;
/**
 * How values are written, whatever the server, the role or the URL prefer: the adapter takes every
 * moment for UTC and ISO 8601, and what is copied as text has to arrive as it was.
 */
const wording = '-c timezone=UTC -c datestyle=ISO,YMD -c bytea_output=hex -c extra_float_digits=3';
/**
 * What one session of the service may hold up, in milliseconds. A statement ends before its silence
 * would be taken for a lost server; a transaction whose process is gone, or stands still, lets go of
 * its locks. The `options` of the URL outrank these.
 */
const serviceLimits = {
  statement_timeout: 7_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 15_000,
};
/** Migrations and moves take the time they need, whatever the role's own settings are. */
const maintenanceLimits = {
  statement_timeout: 0,
  lock_timeout: 0,
  idle_in_transaction_session_timeout: 0,
};

/** How a session behaves: the service's own sessions answer soon, those of maintenance need not. */
export interface SessionKind {
  readonly kind: 'service' | 'maintenance';
  /** Without a single octet for so long, the connection is given up; 0 waits for ever. */
  readonly silentMs: number;
}

/**
 * What `pg` is told to reach a database. Everything is said explicitly, because `pg` would read its
 * own meaning into the parameters of the URL. Throws `start-refused` when the URL cannot be used or
 * a certificate cannot be read; the message repeats no secret.
 */
export function connectOptions(connectionString: string, session: SessionKind): pg.ClientConfig {
  const address = addressOf(connectionString);
  const limits = session.kind === 'service' ? serviceLimits : maintenanceLimits;
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: address.tls === null ? false : tlsOptions(address.tls),
    application_name: address.applicationName ?? 'sealwright',
    options: sessionOptions(limits, address.options),
    connectionTimeoutMillis: connectDeadlineMs,
    stream: () => impatientSocket(session.silentMs),
  };
}

/** The parts of a database URL. Throws `start-refused` for one that cannot be used. */
export function addressOf(connectionString: string): DatabaseAddress {
  const parsed = parseDatabaseUrl(connectionString);
  if (parsed.ok) return parsed.value;
  const details = parsed.faults.map(({ detail }) => detail).join('; it ');
  throw new SealwrightError('start-refused', `The URL of the database ${details}.`);
}

function sessionOptions(limits: Readonly<Record<string, number>>, given = ''): string {
  const ours = Object.entries(limits).map(([name, value]) => `-c ${name}=${value}`);
  return [...ours, given, wording].filter((option) => option !== '').join(' ');
}

/** The chain is always verified; `verify-ca` alone leaves out the name of the host. */
function tlsOptions({ mode, rootCertificate, client }: DatabaseTls): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    ...(rootCertificate === null ? {} : { ca: readAuthority(rootCertificate) }),
    ...(client === null ? {} : readPair(client)),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function readAuthority(path: string): string {
  const ca = readPem('sslrootcert', path);
  try {
    new X509Certificate(ca);
    return ca;
  } catch (cause) {
    throw unusable(`The file ${path} that sslrootcert names holds no certificate.`, cause);
  }
}

function readPair(client: NonNullable<DatabaseTls['client']>): { cert: string; key: string } {
  const pair = { cert: readPem('sslcert', client.certificate), key: readPem('sslkey', client.key) };
  try {
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    throw unusable('The files that sslcert and sslkey name are no certificate and its key.', cause);
  }
}

function readPem(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw unusable(`The file ${path} that ${parameter} names cannot be read${code}.`, cause);
  }
}

function unusable(detail: string, cause: unknown): SealwrightError {
  return new SealwrightError('start-refused', detail, { cause });
}

/** Its time begins anew with every octet in either direction, under TLS too. */
function impatientSocket(limitMs: number): Socket {
  const socket = new Socket();
  if (limitMs > 0) socket.setTimeout(limitMs, () => socket.destroy());
  return socket;
}
