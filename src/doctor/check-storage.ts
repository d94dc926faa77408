import { stat, statfs } from 'node:fs/promises';
import { type CheckResult, fail, pass, skipped, warn } from './check.ts';

const mebibyte = 1024 * 1024;
const leastFreeMiB = 128;
const easyFreeMiB = 1_024;

/** Who may look into the data directory, and whether there is room left. */
export async function checkStorage(path: string): Promise<readonly CheckResult[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    return [skipped('data-directory', `${path} does not exist yet: the first start makes it`)];
  }
  return [checkMode(path, found.mode & 0o777), await checkSpace(path)];
}

function checkMode(path: string, mode: number): CheckResult {
  if ((mode & 0o022) === 0) return pass('data-directory', path);
  return fail(
    'data-directory',
    `Others may write into ${path} (mode ${mode.toString(8)}).`,
    `Run chmod go-w ${path}, and ask who used it.`,
  );
}

async function checkSpace(path: string): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(path);
  const freeMiB = Math.floor((bavail * bsize) / mebibyte);
  const said = `${freeMiB} MiB are free where ${path} is.`;
  const fix = 'Make room, or move the data directory to a larger volume.';
  if (freeMiB < leastFreeMiB) return fail('disk-space', said, fix);
  return freeMiB < easyFreeMiB ? warn('disk-space', said, fix) : pass('disk-space', said);
}
