import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const most = { maxBuffer: 64 * 1_024 * 1_024 };

/**
 * Runs one of the scripts beside this file, and reads the line of figures that it prints last. Throws
 * with all that it said, on standard error too, when it printed none or did not meet them (exit code).
 */
export async function runScript(
  name: string,
  flags: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const script = resolve(import.meta.dirname, `${name}.mjs`);
  const { stdout } = await run(process.execPath, [script, ...flags], most).catch(
    (error: { stdout?: string; stderr?: string; code?: unknown }) => {
      const { stdout: printed = '', stderr: said = '', code } = error;
      throw new Error(`${name} ended with ${code}. It printed:\n${printed}\nand said:\n${said}`);
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
