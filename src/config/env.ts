import { parseBaseUrl } from '../protocol/base-url.ts';
import type { Parsed } from '../protocol/parsed.ts';
import {
  readDatabaseUrl,
  readListen,
  readMasterKey,
  readNumber,
  readPowerOfTwo,
  readRateLimit,
  readSecret,
  readServer,
  readText,
  readToken,
  readWord,
} from './readers.ts';

/** The environment of a process, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable: what it is for, and how its text becomes a value. */
export interface Variable<Value> {
  readonly name: string;
  readonly help: string;
  /** What stands for an absent variable; null when absence has a meaning of its own. */
  readonly fallback: string | null;
  /** What `.env.example` shows for a variable without a fallback. */
  readonly example: string;
  readonly secret: boolean;
  readonly read: (text: string) => Parsed<Value>;
}

/** The parts of the service that a process runs. */
const roles = ['all', 'public', 'admin'] as const;
/** One of the roles. */
export type Role = (typeof roles)[number];

/** The levels of the log, the most talkative first. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** One of the levels. */
export type LogLevel = (typeof logLevels)[number];

/** Every variable that we read. Nothing else in the environment has an effect on the project. */
export const variables = {
  url: variable('SEALWRIGHT_URL', {
    help: 'Base URL of the first organization: an origin, or an origin and /o/{org}. It is part of every identity and cannot change once agents exist.',
    fallback: 'http://localhost:8787',
    read: parseBaseUrl,
  }),
  listen: variable('SEALWRIGHT_LISTEN', {
    help: 'Address of the public listener, and of everything else while SEALWRIGHT_ADMIN_LISTEN is unset.',
    fallback: '127.0.0.1:8787',
    read: readListen,
  }),
  adminListen: variable('SEALWRIGHT_ADMIN_LISTEN', {
    help: 'A listener of its own for the API and health; the public one then serves documents only.',
    example: '127.0.0.1:8788',
    read: readListen,
  }),
  tlsCert: variable('SEALWRIGHT_TLS_CERT', {
    help: 'PEM file with the certificate chain: serve https directly. Unset: TLS ends in front of us.',
    example: '/etc/sealwright/tls.crt',
    read: readText,
  }),
  tlsKey: variable('SEALWRIGHT_TLS_KEY', {
    help: 'PEM file with the private key of SEALWRIGHT_TLS_CERT.',
    example: '/etc/sealwright/tls.key',
    read: readText,
  }),
  role: variable('SEALWRIGHT_ROLE', {
    help: 'all, public (documents only, read-only) or admin.',
    fallback: 'all',
    read: readWord(roles),
  }),
  dataDir: variable('SEALWRIGHT_DATA_DIR', {
    help: 'Embedded database, master key file and disk copy of the public documents; one service at a time.',
    fallback: './data',
    read: readText,
  }),
  auditDir: variable('SEALWRIGHT_AUDIT_DIR', {
    help: 'Where the audit journal and checkpoints go: best on another volume than the database (docs/backup.md). Unset: audit in the data directory.',
    example: '/var/lib/sealwright-audit',
    read: readText,
  }),
  databaseUrl: variable('DATABASE_URL', {
    help: 'A PostgreSQL of your own, with sslmode=verify-full unless it is on this machine (docs/database.md). Unset: an embedded one in the data directory.',
    example: 'postgresql://sealwright:password@db.example.com:5432/sealwright?sslmode=verify-full',
    secret: true,
    read: readDatabaseUrl,
  }),
  databasePool: variable('SEALWRIGHT_DATABASE_POOL', {
    help: 'The most connections that this process opens to the database: 2 to 200.',
    fallback: '16',
    read: readNumber(2, 200),
  }),
  masterKey: variable('SEALWRIGHT_MASTER_KEY', {
    help: '32 bytes in base64url that wrap every private key. Unset: made once, in the data directory.',
    example: '(32 bytes in base64url)',
    secret: true,
    read: readMasterKey,
  }),
  adminToken: variable('SEALWRIGHT_ADMIN_TOKEN', {
    help: 'A first token with all scopes, for automation: 32 to 256 characters.',
    example: 'swt_(32 or more random characters)',
    secret: true,
    read: readToken,
  }),
  logLevel: variable('SEALWRIGHT_LOG_LEVEL', {
    help: `Least level that is logged: ${logLevels.join(', ')}. JSON lines on standard output.`,
    fallback: 'info',
    read: readWord(logLevels),
  }),
  rateLimit: variable('SEALWRIGHT_RATE_LIMIT', {
    help: 'API requests that one token may send in a minute, or "off".',
    fallback: '12000',
    read: readRateLimit,
  }),
  statusListSize: variable('SEALWRIGHT_STATUS_LIST_SIZE', {
    help: 'How many credentials a status list opened from now on describes: a power of two from 131072 to 1048576.',
    fallback: '131072',
    read: readPowerOfTwo(131_072, 1_048_576),
  }),
  drain: variable('SEALWRIGHT_DRAIN_S', {
    help: 'After SIGTERM, seconds of serving while /readyz answers 503, so that a balancer notices: 0 to 15.',
    fallback: '3',
    read: readNumber(0, 15),
  }),
  server: variable('SEALWRIGHT_SERVER', {
    help: 'For the command line: the origin of the running service.',
    fallback: 'http://localhost:8787',
    read: readServer,
  }),
  token: variable('SEALWRIGHT_TOKEN', {
    help: 'For the command line: the token it presents.',
    example: 'swt_(the token)',
    secret: true,
    read: readToken,
  }),
  policy: variable('SEALWRIGHT_POLICY', {
    help: 'For the verifier sidecar: path of trust.yaml.',
    example: './trust.yaml',
    read: readText,
  }),
  sidecarToken: variable('SEALWRIGHT_SIDECAR_TOKEN', {
    help: 'For the verifier sidecar: the bearer token that callers present, 32 to 256 characters.',
    example: '(32 or more random characters)',
    secret: true,
    read: readToken,
  }),
  eventsToken: variable('SEALWRIGHT_EVENTS_TOKEN', {
    help: 'For the verifier sidecar: the token for the transmitters of security events in trust.yaml.',
    example: 'swt_(the token)',
    secret: true,
    read: readToken,
  }),
  syncClientId: variable('SEALWRIGHT_SYNC_CLIENT_ID', {
    help: 'For sealwright sync: the client in Keycloak or Auth0 that may change other clients.',
    example: 'sealwright-sync',
    read: readText,
  }),
  syncClientSecret: variable('SEALWRIGHT_SYNC_CLIENT_SECRET', {
    help: 'For sealwright sync: the secret of that client.',
    example: '(the secret)',
    secret: true,
    read: readSecret,
  }),
} as const;

/** The variables in the order in which they are documented. */
export const variableList: readonly Variable<unknown>[] = Object.values(variables);

interface VariableText<Value> {
  readonly help: string;
  readonly fallback?: string;
  readonly example?: string;
  readonly secret?: boolean;
  readonly read: (text: string) => Parsed<Value>;
}

function variable<Value>(name: string, text: VariableText<Value>): Variable<Value> {
  return {
    name,
    help: text.help,
    fallback: text.fallback ?? null,
    example: text.fallback ?? text.example ?? '',
    secret: text.secret ?? false,
    read: text.read,
  };
}
