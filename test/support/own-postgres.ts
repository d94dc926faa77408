import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createCluster } from '../../src/db/create-cluster.ts';
import { prepareDataDir } from '../../src/db/prepare-directory.ts';
import { preparePostgres } from '../../src/db/prepare-postgres.ts';
import { freePort } from './running-service.ts';

/** What an organization's own server asks of those who connect. */
export interface OwnPostgresOptions {
  /** PEM files of the server; with `clientCa` it asks for a certificate signed by that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Lines of pg_hba.conf for connections over TCP; the socket trusts everybody. */
  readonly access?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** A standby, which takes no writes; it follows no primary. */
  readonly isReplica?: true;
}

/** A real server as an organization would run it: on a TCP port of loopback, with roles of its own. */
export interface OwnPostgres extends AsyncDisposable {
  readonly port: number;
  /** As superuser through the unix socket. */
  readonly adminUrl: string;
  /** Runs statements as superuser. */
  run(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** Every process of the server stands still, as when its machine or the network does. */
  pause(): void;
  resume(): void;
  /** Ends the server; `start` brings it back with what it had. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A URL over TCP; `user` is `name` or `name:password`. */
  url(user: string, database: string, parameters?: string): string;
}

/** Starts a server in a folder of its own under /tmp, stopped and removed when disposed of. */
export async function startOwnPostgres(options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  const folder = mkdtempSync('/tmp/sw-own-');
  chmodSync(folder, 0o755);
  const place = prepareDataDir({ dataDir: folder, log: () => undefined });
  const cluster = createCluster(place, preparePostgres(place));
  const own = (from: string, name: string): string => {
    const path = join(cluster.folder, name);
    copyFileSync(from, path);
    if (cluster.user !== null) chownSync(path, cluster.user.uid, cluster.user.gid);
    chmodSync(path, 0o600);
    return path;
  };
  const access = options.access ?? ['host all all 127.0.0.1/32 scram-sha-256'];
  writeFileSync(
    join(cluster.folder, 'pg_hba.conf'),
    `${['local all all trust', ...access].join('\n')}\n`,
  );
  if (options.isReplica) writeFileSync(join(cluster.folder, 'standby.signal'), '');
  const port = await freePort();
  const { tls } = options;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: cluster.socketDir,
    ...(tls === undefined
      ? {}
      : {
          ssl: 'on',
          ssl_cert_file: own(tls.cert, 'own.crt'),
          ssl_key_file: own(tls.key, 'own.key'),
          ...(tls.clientCa === undefined ? {} : { ssl_ca_file: own(tls.clientCa, 'own-ca.crt') }),
        }),
    ...options.settings,
  };
  const log = openSync(cluster.logFile, 'a');
  const launch = () =>
    spawn(
      join(cluster.native, 'bin/postgres'),
      [
        '-D',
        cluster.folder,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...cluster.user, cwd: cluster.folder, env: { LC_ALL: 'C' }, stdio: ['ignore', log, log] },
    );
  let child = launch();
  const socket = encodeURIComponent(cluster.socketDir);
  const adminOf = (database: string) =>
    `postgresql://sealwright@localhost:${port}/${database}?host=${socket}`;
  await untilServing(child, adminOf('postgres'), cluster.logFile);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  };
  return {
    port,
    adminUrl: adminOf('postgres'),
    run: (sql, database = 'postgres') => run(adminOf(database), sql),
    url: (user, database, parameters = '') =>
      `postgresql://${user}@localhost:${port}/${database}${parameters}`,
    pause: () => signalTree(child, 'SIGSTOP'),
    resume: () => signalTree(child, 'SIGCONT'),
    stop,
    start: async () => {
      child = launch();
      await untilServing(child, adminOf('postgres'), cluster.logFile);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server has a process for each connection, and they are its children. */
function signalTree(child: ChildProcess, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const { pid } = child;
  if (pid === undefined) throw new Error('The server does not run.');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  for (const one of [pid, ...children.split(' ').filter(Boolean).map(Number)]) {
    process.kill(one, signal);
  }
}

async function untilServing(child: ChildProcess, url: string, logFile: string): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    if (child.exitCode !== null) break;
    try {
      await run(url, 'SELECT');
      return;
    } catch {
      await delay(20);
    }
  }
  child.kill('SIGKILL');
  throw new Error(readFileSync(logFile, 'utf8'));
}

async function run(
  connectionString: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(sql);
    return answer.rows ?? [];
  } finally {
    await client.end();
  }
}
