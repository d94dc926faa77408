import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageFailure } from './failure.ts';

/** Where the key of an agent, or its enrolment token, goes: its handle is a file name, or refused. */
export function keyPath(keysDir: string, handle: string, ending = 'jwk.json'): string {
  if (!/^[a-z0-9-]+$/.test(handle)) throw usageFailure('The handle cannot name a key file.');
  return join(keysDir, `${handle}.${ending}`);
}

/** A new file that its owner alone can read, in a folder like that; one that exists is never overwritten. */
export async function openKeyFile(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
    throw usageFailure(
      code === 'EEXIST'
        ? `The key file ${path} is there already: move it, or name another --keys-dir.`
        : `The key file ${path} cannot be made (${code}).`,
    );
  }
}
