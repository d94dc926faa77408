import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type PreparedDataDir, postgresFolder, type ServerUser } from './prepare-directory.ts';

/** macOS allows 103 bytes for the path of a socket, Linux 107. */
const maxSocketPathBytes = 103;
/** The one database role; the socket's folder decides who may use it. */
export const databaseRole = 'sealwright';

/** The data of one embedded server, ready to be served. */
export interface Cluster {
  /** PostgreSQL's own data folder, without symbolic links. */
  readonly folder: string;
  /** The folder of `bin/`, `lib/` and `share/`. */
  readonly native: string;
  /** Only the server's account may enter it. */
  readonly socketDir: string;
  readonly logFile: string;
  readonly user: ServerUser | null;
}

/** Creates the data folder unless it exists: complete, or not at all. */
export function createCluster(place: PreparedDataDir, native: string): Cluster {
  const home = join(place.dataDir, postgresFolder);
  createPrivate(home, place.user);
  const data = join(home, 'data');
  if (!existsSync(data)) initialize({ home, folder: data, native, user: place.user });
  const folder = realpathSync(data);
  const logFile = join(place.dataDir, 'postgres.log');
  return { folder, native, socketDir: socketDirFor(home, place.user), logFile, user: place.user };
}

function initialize(order: {
  readonly home: string;
  readonly folder: string;
  readonly native: string;
  readonly user: ServerUser | null;
}): void {
  const unfinished = `${order.folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const settings = ['--auth=trust', '--encoding=UTF8', '--no-locale', `--username=${databaseRole}`];
  const { status, error, stderr } = spawnSync(
    join(order.native, 'bin', 'initdb'),
    [...settings, `--pgdata=${unfinished}`],
    { ...order.user, cwd: order.home, env: serverEnvironment, encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new SealwrightError(
      'start-refused',
      `PostgreSQL could not create its data in ${order.folder}: ${error?.message ?? stderr.trim()}`,
    );
  }
  renameSync(unfinished, order.folder);
  syncFolder(order.home);
}

/** What the server's processes see of our environment: nothing, so that no secret reaches them. */
export const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC' };

function socketDirFor(home: string, user: ServerUser | null): string {
  const inside = join(home, 'socket');
  const path = join(inside, '.s.PGSQL.5432');
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    const outside = mkdtempSync('/tmp/sealwright-');
    createPrivate(outside, user);
    return outside;
  }
  createPrivate(inside, user);
  return inside;
}

function createPrivate(folder: string, user: ServerUser | null): void {
  mkdirSync(folder, { recursive: true });
  if (user !== null) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
