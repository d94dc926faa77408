import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs one of the scripts beside this file, and reads the line of figures that it prints. */
export async function runScript(
  name: string,
  flags: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const script = resolve(import.meta.dirname, `${name}.mjs`);
  // What it printed tells more than its exit code, which is 1 when a figure is missed.
  const { stdout } = await run(process.execPath, [script, ...flags]).catch(
    (error: { stdout?: string }) => {
      if (error.stdout?.startsWith('{')) return { stdout: error.stdout };
      throw error;
    },
  );
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}
