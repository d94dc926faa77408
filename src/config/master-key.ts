import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { encodeBase64url } from '../protocol/base64url.ts';
import { readMasterKey } from './readers.ts';
import { Secret } from './secrets.ts';

const masterKeyBytes = 32;
const privateMode = 0o600;

/** Where a master key may come from. */
export interface MasterKeyQuestion {
  /** The key from the environment, which outranks the file. */
  readonly given: Secret<Uint8Array> | undefined;
  readonly dataDir: string;
  /** Whether sealed keys may exist already: then a new master key would open none of them. */
  readonly databaseExists: boolean;
}

/** The path of the master key file in a data directory. */
export function masterKeyPath(dataDir: string): string {
  return join(dataDir, 'master.key');
}

/**
 * The master key: the given one, the one in the data directory, or a new one in a file with mode
 * 0600, on disk before this returns. Throws `start-refused` rather than make a key where a database
 * exists already, and for a file that others may read or that holds no key.
 */
export async function findMasterKey(question: MasterKeyQuestion): Promise<Secret<Uint8Array>> {
  if (question.given !== undefined) return question.given;
  const path = masterKeyPath(question.dataDir);
  const mode = await modeOf(path);
  if (mode !== null) return readKeyFile(path, mode);
  if (question.databaseExists) {
    throw new SealwrightError(
      'start-refused',
      `There is a database but no master key: set SEALWRIGHT_MASTER_KEY, or put the key file back at ${path}. A new key would open none of the private keys.`,
    );
  }
  return createKeyFile(question.dataDir, path);
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new SealwrightError('start-refused', `The master key file ${path} cannot be read.`, {
      cause,
    });
  }
}

async function readKeyFile(path: string, mode: number): Promise<Secret<Uint8Array>> {
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw new SealwrightError(
      'start-refused',
      `The master key file ${path} is open to others: run chmod 600 on it, and ask who read it.`,
    );
  }
  const parsed = readMasterKey((await readFile(path, 'utf8')).trim());
  if (parsed.ok) return parsed.value;
  throw new SealwrightError('start-refused', `The file ${path} holds no master key.`);
}

async function createKeyFile(dataDir: string, path: string): Promise<Secret<Uint8Array>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const key = new Uint8Array(randomBytes(masterKeyBytes));
  // "wx" never replaces a file that another process made meanwhile.
  const file = await open(path, 'wx', privateMode);
  await writeDurably(file, `${encodeBase64url(key)}\n`);
  await syncDirectory(dataDir);
  return new Secret(key);
}

async function writeDurably(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this a power cut may forget the file's name while the database survives. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
