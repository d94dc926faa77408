import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end; what it says on both streams, and its exit code. */
export function run(program: string, words: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((done) => {
    execFile(program, [...words], { cwd }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      done({ code, output: stdout + stderr });
    });
  });
}

/** The verifier's package as an operator has it: installed in a folder that was empty. */
export interface InstalledVerifier extends Disposable {
  readonly folder: string;
  /** Name of the tarball that `npm run stage` made. */
  readonly tarball: string;
  /** What the staging said. */
  readonly said: string;
}

/**
 * Packs the verifier and installs it with its two dependencies, which are packed from what this
 * project has installed: nothing is downloaded, and no cache of npm's is there to help.
 */
export async function installVerifier(): Promise<InstalledVerifier> {
  const place = mkdtempSync(join(tmpdir(), 'sealwright-slim-'));
  const tarballs = join(place, 'tarballs');
  const folder = join(place, 'app');
  for (const path of [tarballs, folder]) mkdirSync(path);
  const npm = (...words: readonly string[]) =>
    requireDone(
      run('npm', [...words, '--ignore-scripts', '--cache', join(place, 'cache')], tarballs),
    );
  const stage = join(root, 'scripts/stage.mjs');
  const said = await requireDone(run(process.execPath, [stage, tarballs], root));
  const [tarball = ''] = packedIn(tarballs);
  await npm('pack', ...['jose', 'ipaddr.js'].map((name) => join(root, 'node_modules', name)));
  // npm would go up to a folder that has modules already, if one of those above this one does.
  const inPlace = ['--prefix', folder, '--offline', '--no-audit', '--no-fund'];
  await npm('install', ...inPlace, ...packedIn(tarballs).map((name) => join(tarballs, name)));
  return {
    folder,
    tarball,
    said,
    [Symbol.dispose]: () => rmSync(place, { recursive: true, force: true }),
  };
}

function packedIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.tgz'));
}

async function requireDone(running: Promise<Ran>): Promise<string> {
  const { code, output } = await running;
  if (code !== 0) throw new Error(output);
  return output;
}
