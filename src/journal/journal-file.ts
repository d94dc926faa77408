import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type ChainHead, genesisHash } from '../audit/hash-chain.ts';
import {
  type JournalEntry,
  readEntry,
  readHeading,
  writeEntry,
  writeHeading,
} from './journal-entry.ts';

const suffix = '.jsonl';
const tailBytes = 256 * 1024;
/** More than any heading has. */
const headingBytes = 512;

/** The part of an audit directory where the journal is. */
export function journalDir(auditDir: string): string {
  return join(auditDir, 'journal');
}

/** A file that this process has begun, and that nobody else writes to. */
export class JournalFile {
  readonly #handle: FileHandle;
  #size: number;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  /** Begins a file whose name and heading are on disk when this resolves. */
  static async create(dir: string, order: { complete: ChainHead; at: Date }): Promise<JournalFile> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const moment = order.at.toISOString().replaceAll(/[-:.]/g, '');
    const path = join(dir, `${moment}-${randomBytes(4).toString('hex')}${suffix}`);
    const handle = await open(path, 'ax', 0o600);
    try {
      const heading = writeHeading(order.complete);
      await handle.appendFile(heading);
      await handle.datasync();
      await syncDirectory(dir);
      return new JournalFile(handle, heading.length);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** The entries are on disk when this resolves. After a failure the file is not written again. */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    const octets = Buffer.from(entries.map(writeEntry).join(''));
    await this.#handle.appendFile(octets);
    await this.#handle.datasync();
    this.#size += octets.byteLength;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Without this a power cut may forget the file's name while its octets survive. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The paths of the files in a directory, oldest first; none for a directory that is not there. */
export async function listJournalFiles(dir: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith(suffix)).sort();
    return names.map((name) => join(dir, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The intact entries of a file in the order in which they were written; torn lines are passed over. */
export async function* readEntries(path: string): AsyncGenerator<JournalEntry> {
  const input = createReadStream(path, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const entry = readEntry(line);
      if (entry !== null) yield entry;
    }
  } finally {
    input.destroy();
  }
}

/** How far a file reaches, without reading all of it. */
export interface FileReach {
  readonly path: string;
  /** What its heading says. */
  readonly complete: ChainHead;
  /** The entry with the highest sequence; null for a file without any. */
  readonly last: JournalEntry | null;
}

/**
 * Looks at both ends of a file. A heading that is torn or damaged says nothing about the files before;
 * the entries after it count all the same.
 */
export async function readReach(path: string): Promise<FileReach> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const [heading = ''] = (await readPart(file, 0, headingBytes)).split('\n', 1);
    const complete = readHeading(heading) ?? { sequence: 0, hash: genesisHash };
    return { path, complete, last: await readLast(file, size) };
  } finally {
    await file.close();
  }
}

/** The last lines may be slightly out of order, and the very last may be torn. */
async function readLast(file: FileHandle, size: number): Promise<JournalEntry | null> {
  for (let length = tailBytes; ; length *= 4) {
    const from = Math.max(0, size - length);
    const lines = (await readPart(file, from, size - from)).split('\n');
    const entries = lines.map(readEntry).filter((entry) => entry !== null);
    const last = entries.reduce<JournalEntry | null>(
      (found, entry) => (found === null || entry.sequence > found.sequence ? entry : found),
      null,
    );
    if (last !== null || from === 0) return last;
  }
}

async function readPart(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('utf8', 0, bytesRead);
}
