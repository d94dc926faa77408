import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One file of records: written to its end once, read by place, and removed as a whole. */
export class Segment {
  readonly path: string;
  readonly #file: FileHandle;
  #size: number;
  /** How many of its bytes are records of present versions. */
  live = 0;

  private constructor(path: string, file: FileHandle, size: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** A new file, whose name is durable. */
  static async create(path: string): Promise<Segment> {
    const file = await open(path, 'wx+', 0o600);
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new Segment(path, file, 0);
  }

  /** A file of before, and all its octets. */
  static async open(path: string): Promise<{ readonly segment: Segment; readonly octets: Buffer }> {
    const file = await open(path, 'r');
    try {
      const octets = await file.readFile();
      return { segment: new Segment(path, file, octets.byteLength), octets };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Writes octets to the end, durably, and returns where they begin. */
  async append(octets: Buffer): Promise<number> {
    const at = this.#size;
    for (let done = 0; done < octets.byteLength; ) {
      const left = octets.byteLength - done;
      done += (await this.#file.write(octets, done, left, at + done)).bytesWritten;
    }
    await this.#file.datasync();
    this.#size = at + octets.byteLength;
    return at;
  }

  /** What stands there, shorter when the file is. */
  async read(offset: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.path, { force: true });
  }
}

/** Makes names in a folder durable: what was created, renamed or removed there. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
