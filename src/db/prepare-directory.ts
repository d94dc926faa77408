import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** The part of a data directory that belongs to the embedded PostgreSQL. */
export const postgresFolder = 'postgres';
/** The part of a data directory where processes claim it for themselves. */
export const claimsFolder = 'claims';

/** Where root keeps the data when the database's account cannot reach what was asked for. */
export const rootFallback = '/var/lib/sealwright';

/** The account an embedded server runs as when root starts the service. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** A data directory that exists, and who runs the server in it; null means: whoever we are. */
export interface PreparedDataDir {
  readonly dataDir: string;
  readonly user: ServerUser | null;
}

/** What the operator asked for, and what root falls back to. */
export interface PrepareDataDirOptions {
  readonly dataDir: string;
  /** What takes its place when root starts the service and the database's account cannot reach it. */
  readonly rootDataDir?: string;
  readonly log: (message: string) => void;
}

/**
 * Creates the data directory for the embedded PostgreSQL. Root may not run PostgreSQL, so an
 * unprivileged account has to reach the directory; where it cannot, `/var/lib/sealwright` takes
 * its place and the log says so. Throws `start-refused` when neither can be used.
 */
export function prepareDataDir(options: PrepareDataDirOptions): PreparedDataDir {
  const asked = resolve(options.dataDir);
  const rootDataDir = options.rootDataDir ?? rootFallback;
  if (process.getuid?.() !== 0) {
    mkdirSync(asked, { recursive: true, mode: 0o700 });
    return { dataDir: asked, user: null };
  }
  for (const dataDir of new Set([asked, rootDataDir])) {
    const user = ownerOf(join(dataDir, postgresFolder)) ?? nobody();
    if (!openTo(user, dataDir)) continue;
    if (dataDir !== asked) {
      options.log(
        `The database may not run as root, and its account cannot reach ${asked}: the data is in ${dataDir}.`,
      );
    }
    return { dataDir, user };
  }
  throw new SealwrightError(
    'start-refused',
    `Neither ${asked} nor ${rootDataDir} can be reached by an unprivileged account. Set SEALWRIGHT_DATA_DIR or DATABASE_URL, or start as an ordinary user.`,
  );
}

/** Whether the account can enter the directory. */
function canEnter(user: ServerUser | null, directory: string): boolean {
  const entered = spawnSync('/bin/sh', ['-c', 'cd -- "$0"', directory], {
    ...user,
    cwd: '/',
    env: {},
    stdio: 'ignore',
  });
  return entered.status === 0;
}

function openTo(user: ServerUser, dataDir: string): boolean {
  if (!canEnter(user, nearestExisting(dirname(dataDir)))) return false;
  createFor(dataDir);
  if (!canEnter(user, dataDir) && isOurs(dataDir)) {
    chmodSync(dataDir, (statSync(dataDir).mode & 0o777) | 0o011);
  }
  return canEnter(user, dataDir);
}

function nearestExisting(directory: string): string {
  return existsSync(directory) ? directory : nearestExisting(dirname(directory));
}

/** Creates the directory and its parents so that they can be passed through whatever the umask. */
function createFor(dataDir: string): void {
  if (existsSync(dataDir)) return;
  createFor(dirname(dataDir));
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o711);
}

/** Only an empty directory, or one that already holds our data, is ours to open a little wider. */
function isOurs(dataDir: string): boolean {
  const entries = readdirSync(dataDir);
  return entries.length === 0 || entries.includes(postgresFolder) || entries.includes(claimsFolder);
}

/** The account that owns the data already; root's own files do not count. */
function ownerOf(folder: string): ServerUser | null {
  if (!existsSync(folder)) return null;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? null : { uid, gid };
}

function nobody(): ServerUser {
  try {
    const read = (flag: string): number =>
      Number.parseInt(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }), 10);
    return { uid: read('-u'), gid: read('-g') };
  } catch (cause) {
    throw new SealwrightError(
      'start-refused',
      'The database may not run as root, and this system has no account "nobody". Start as an ordinary user, or set DATABASE_URL.',
      { cause },
    );
  }
}
