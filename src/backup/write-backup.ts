import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import type {
  BackupManifest,
  BackupPart,
  BackupRow,
  BackupSnapshot,
  BackupTable,
} from './backup-manifest.ts';

/** The fastest: what is compressed well is repeated text, which every level finds. */
const level = 1;

/**
 * Writes a backup beside its place and puts it there once it is whole and on disk, readable for its
 * owner alone. Until then there is no backup, and one that was there before stays.
 */
export class BackupWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #gzip: Gzip;
  readonly #written: Promise<void>;
  readonly #parts: BackupPart[] = [];

  private constructor(path: string) {
    this.#path = path;
    this.#gzip = createGzip({ level });
    this.#written = pipeline(this.#gzip, createWriteStream(this.#partial));
    this.#written.catch(() => undefined);
  }

  /** Begins; a file that an earlier attempt left unfinished is written over. */
  static async create(path: string): Promise<BackupWriter> {
    await rm(`${path}.partial`, { force: true });
    const file = await open(`${path}.partial`, 'wx', 0o600);
    await file.close();
    return new BackupWriter(path);
  }

  /** Writes a table row by row; `batches` are taken as fast as the disk takes them. */
  async writePart(
    { name, columns }: BackupTable,
    batches: AsyncIterable<readonly BackupRow[]>,
  ): Promise<BackupPart> {
    await this.#write(`${JSON.stringify({ part: name })}\n`);
    const digest = createHash('sha256');
    let rows = 0;
    for await (const batch of batches) {
      const text = batch.map((row) => `${JSON.stringify(row)}\n`).join('');
      digest.update(text);
      await this.#write(text);
      rows += batch.length;
    }
    const part = { name, columns, rows, sha256: digest.digest('hex') };
    this.#parts.push(part);
    return part;
  }

  /** Ends the file with its manifest, and gives it its name. */
  async finish(snapshot: BackupSnapshot): Promise<BackupManifest> {
    const manifest: BackupManifest = {
      format: 'sealwright-backup',
      version: 1,
      ...snapshot,
      parts: this.#parts,
    };
    const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
    this.#gzip.end(`${JSON.stringify({ manifest, sha256 })}\n`);
    await this.#written;
    await sync(this.#partial, 'r+');
    await rename(this.#partial, this.#path);
    await sync(dirname(this.#path), 'r');
    return manifest;
  }

  /** Takes an unfinished file away; a finished one stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#gzip.destroy();
    await this.#written.catch(() => undefined);
    await rm(this.#partial, { force: true });
  }

  get #partial(): string {
    return `${this.#path}.partial`;
  }

  async #write(text: string): Promise<void> {
    if (this.#gzip.write(text)) return;
    await Promise.race([once(this.#gzip, 'drain'), this.#written]);
  }
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
