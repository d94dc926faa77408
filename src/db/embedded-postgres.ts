import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type Cluster, createCluster, databaseRole, serverEnvironment } from './create-cluster.ts';
import { isServing, type Postmaster, readPostmaster } from './postmaster.ts';
import { prepareDataDir } from './prepare-directory.ts';
import { preparePostgres } from './prepare-postgres.ts';
import { withClient } from './with-client.ts';

const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;
const pollMs = 20;
const watchMs = 250;

/** Settings that hold whatever `postgresql.conf` says. */
const settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  listen_addresses: '',
  unix_socket_permissions: '0700',
  log_checkpoints: 'off',
  timezone: 'UTC',
};

/** Where the server keeps its data, and who hears what an operator should know. */
export interface StartPostgresOptions {
  readonly dataDir: string;
  readonly log: (message: string) => void;
}

/** A PostgreSQL server of our own, behind a unix socket that only its account can open. */
export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** Where the data is; not what was asked for when root cannot run the server there. */
  readonly dataDir: string;
  /** Ends open connections, waits until all is on disk, and stops the server. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that comes with the packages, creating its data the first time. It listens
 * on no network address and has fsync on. A server left behind by a killed service is taken over;
 * one that dies is started again, under the same connection string, until `stop`. The caller holds
 * the lock of the data directory. Throws `start-refused` with what the operator can do about it.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  const place = prepareDataDir(options);
  const created = createCluster(place, preparePostgres(place));
  closeSync(openSync(created.logFile, 'w', 0o600));
  const postmaster = await bringUp(created);
  const cluster = { ...created, socketDir: postmaster.socketDir };
  const running = keepRunning(cluster, { pid: postmaster.pid, log: options.log });
  return {
    connectionString: connectionStringOf(cluster.socketDir),
    dataDir: place.dataDir,
    stop: running.stop,
  };
}

/** The same form that other PostgreSQL clients read. */
export function connectionStringOf(socketDir: string): string {
  return `postgresql://${databaseRole}@localhost/postgres?host=${encodeURIComponent(socketDir)}`;
}

/** Waits for a server on the cluster, and starts one whenever there is none. */
async function bringUp(cluster: Cluster): Promise<Postmaster> {
  const deadline = Date.now() + startDeadlineMs;
  let launched: Launched | null = null;
  while (Date.now() < deadline) {
    const postmaster = readPostmaster(cluster.folder);
    if (postmaster?.ready && (await accepts(postmaster.socketDir))) return postmaster;
    if (launched !== null && hasEnded(launched.process)) {
      refuseUnlessPassing(cluster, launched);
      launched = null;
    }
    const held = postmaster !== null && isServing(postmaster.pid, cluster.folder);
    if (launched === null && !held) launched = launch(cluster, postmaster);
    await delay(pollMs);
  }
  throw new SealwrightError(
    'start-refused',
    `The embedded PostgreSQL did not become ready within ${startDeadlineMs / 1000} s; see ${cluster.logFile}.`,
  );
}

interface Launched {
  readonly process: ChildProcess;
  /** Where its part of the log begins, in bytes. */
  readonly logOffset: number;
}

function launch(cluster: Cluster, stale: Postmaster | null): Launched {
  const logOffset = statSync(cluster.logFile).size;
  const log = openSync(cluster.logFile, 'a');
  const flags = Object.entries({ ...settings, unix_socket_directories: cluster.socketDir });
  const child = spawn(
    join(cluster.native, 'bin', 'postgres'),
    ['-D', cluster.folder, ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...cluster.user,
      cwd: cluster.folder,
      env: environmentFor(stale),
      // Its own session: an interrupt at the terminal is ours to pass on, after our own work.
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  return { process: child, logOffset };
}

/**
 * PostgreSQL refuses to start when the process id in a stale file is alive, even as something
 * else; it makes an exception for the process named here, and still looks for orphaned backends.
 */
function environmentFor(stale: Postmaster | null): NodeJS.ProcessEnv {
  return stale === null
    ? serverEnvironment
    : { ...serverEnvironment, PG_GRANDPARENT_PID: String(stale.pid) };
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Remnants of a killed server, or another starter, are gone in a moment; nothing else passes. */
function refuseUnlessPassing(cluster: Cluster, launched: Launched): void {
  const said = readFileSync(cluster.logFile).subarray(launched.logOffset).toString('utf8').trim();
  if (/is still in use|lock file ".*" already exists|is being used/.test(said)) return;
  const lines = said.split('\n').filter((line) => /FATAL|PANIC|HINT|DETAIL/.test(line));
  throw new SealwrightError(
    'start-refused',
    `The embedded PostgreSQL does not start: ${lines.join(' ') || said} (${cluster.logFile})`,
  );
}

async function accepts(socketDir: string): Promise<boolean> {
  try {
    await withClient(connectionStringOf(socketDir), (client) => client.query('SELECT'));
    return true;
  } catch {
    return false;
  }
}

/** Restarts a server that dies and, however this process ends short of a kill, stops it with us. */
function keepRunning(
  cluster: Cluster,
  server: { pid: number; readonly log: (message: string) => void },
): { stop(): Promise<void> } {
  let restarting: Promise<void> | null = null;
  const restart = async (): Promise<void> => {
    server.log('The embedded PostgreSQL ended unexpectedly; it is started again.');
    try {
      server.pid = (await bringUp(cluster)).pid;
    } catch (error) {
      server.log(error instanceof Error ? error.message : String(error));
    }
  };
  const watch = setInterval(() => {
    if (restarting !== null || isServing(server.pid, cluster.folder)) return;
    restarting = restart().finally(() => {
      restarting = null;
    });
  }, watchMs).unref();
  const interrupt = (): void => signal(cluster, server.pid);
  process.once('exit', interrupt);
  return {
    stop: async () => {
      clearInterval(watch);
      await restarting;
      process.off('exit', interrupt);
      await shutDown(cluster, server.pid);
    },
  };
}

/** SIGINT is PostgreSQL's fast shutdown: clients are disconnected, everything is written. */
function signal(cluster: Cluster, pid: number): void {
  try {
    if (isServing(pid, cluster.folder)) process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function shutDown(cluster: Cluster, pid: number): Promise<void> {
  const deadline = Date.now() + stopDeadlineMs;
  signal(cluster, pid);
  while (isServing(pid, cluster.folder) && Date.now() < deadline) await delay(pollMs);
  if (!isServing(pid, cluster.folder)) rmSync(cluster.socketDir, { recursive: true, force: true });
}
