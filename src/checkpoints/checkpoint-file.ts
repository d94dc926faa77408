import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointCopies, SignedCheckpoint } from '../audit/tree-store.ts';
import { isJsonObject, parseStrictJson } from '../protocol/strict-json.ts';

/** Many lines fit in; a line has some four hundred octets. */
const tailBytes = 65_536;
const namePattern = /^checkpoints-\d{4}-\d{2}\.jsonl$/;

/**
 * Keeps signed checkpoints outside of the database: one JSON line each, in one file a month of a
 * directory that is only ever appended to. A line is on the disk (fsync) when `append` resolves. What
 * a crash left unfinished at the end of a file is passed over.
 */
export class CheckpointFiles implements CheckpointCopies {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async append(checkpoint: SignedCheckpoint): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const { size, note, signedAt } = checkpoint;
    const name = `checkpoints-${signedAt.toISOString().slice(0, 7)}.jsonl`;
    // A clock that stepped back must not hide the newest checkpoint in an older file.
    const newest = [...(await this.#names()), name].toSorted().at(-1) ?? name;
    const line = `${JSON.stringify({ size, signedAt: signedAt.toISOString(), note })}\n`;
    const file = await open(join(this.#directory, newest), 'a+', 0o600);
    try {
      const isTorn = !/(?:^|\n)$/.test(await tailOf(file));
      await file.appendFile(isTorn ? `\n${line}` : line);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#syncDirectory();
  }

  async last(): Promise<SignedCheckpoint | null> {
    for (const name of (await this.#names()).toReversed()) {
      const last = linesOf(await this.#tail(name)).at(-1);
      if (last !== undefined) return last;
    }
    return null;
  }

  async all(): Promise<readonly SignedCheckpoint[]> {
    const texts = (await this.#names()).map((name) =>
      readFile(join(this.#directory, name), 'utf8'),
    );
    return (await Promise.all(texts)).flatMap(linesOf);
  }

  async #names(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#directory);
      return names.filter((name) => namePattern.test(name)).toSorted();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  async #tail(name: string): Promise<string> {
    const file = await open(join(this.#directory, name), 'r');
    try {
      return await tailOf(file);
    } finally {
      await file.close();
    }
  }

  /** The name of a new file is on the disk once its directory is. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

async function tailOf(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const length = Math.min(size, tailBytes);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString('utf8');
}

function linesOf(text: string): readonly SignedCheckpoint[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): SignedCheckpoint | null {
  const json = parseStrictJson(line);
  if (!json.ok || !isJsonObject(json.value)) return null;
  const { size, note, signedAt } = json.value;
  if (typeof size !== 'number' || typeof note !== 'string' || typeof signedAt !== 'string') {
    return null;
  }
  return { size, note, signedAt: new Date(signedAt) };
}
