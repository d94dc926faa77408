import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a text in the place of a file: whoever reads it has the old text or the new one, never a part,
 * also after a crash. The text is on the disk when the promise resolves. Readable by its owner alone.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncDirectory(dirname(path));
}

/** A rename is durable once the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
