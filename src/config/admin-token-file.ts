import { open } from 'node:fs/promises';
import { join } from 'node:path';

const privateMode = 0o600;

/** Where the first token of a new installation is left for its operator. */
function adminTokenPath(dataDir: string): string {
  return join(dataDir, 'admin.token');
}

/** Writes the token to a file that only its owner can read, and returns the path. */
export async function writeAdminToken(dataDir: string, text: string): Promise<string> {
  const path = adminTokenPath(dataDir);
  const file = await open(path, 'w', privateMode);
  try {
    await file.chmod(privateMode);
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}
