import { existsSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** Where a data directory says that its database is used no longer. */
function markPath(dataDir: string): string {
  return join(dataDir, 'database.moved');
}

/** Says in the data directory where its database went; on disk before this returns. */
export async function writeMovedMark(dataDir: string, place: string): Promise<string> {
  const path = markPath(dataDir);
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(`${place}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

/** Takes the mark away again: the move came to nothing. */
export async function removeMovedMark(dataDir: string): Promise<void> {
  await rm(markPath(dataDir), { force: true });
}

/** Throws `start-refused` when the database of the directory was moved away. */
export async function refuseMoved(dataDir: string): Promise<void> {
  const path = markPath(dataDir);
  if (!existsSync(path)) return;
  const place = (await readFile(path, 'utf8')).trim();
  throw new SealwrightError(
    'start-refused',
    `The database of this data directory was moved: ${place}. Set DATABASE_URL to it. If that move was interrupted, run it again; to go back to what is here, and forget what was done there since, remove ${path}.`,
  );
}
