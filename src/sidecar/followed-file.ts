import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Parsed, refused } from '../protocol/parsed.ts';

const pauseMs = 2_000;

/** How the content of a file is read. */
export interface FollowedFileOptions<Content> {
  readonly path: string;
  /** Turns the text into plain data, and throws when it cannot. */
  readonly parse: (text: string) => unknown;
  readonly read: (input: unknown) => Parsed<Content>;
  /** What counts until the file was read. */
  readonly empty: Content;
}

/**
 * What is in a file, followed while it changes. A file that is broken or gone leaves in force what
 * was in force before.
 */
export class FollowedFile<Content> {
  readonly #options: FollowedFileOptions<Content>;
  #content: Content;

  constructor(options: FollowedFileOptions<Content>) {
    this.#options = options;
    this.#content = options.empty;
  }

  get content(): Content {
    return this.#content;
  }

  /** Reads the file now. Never throws. */
  async reload(): Promise<Parsed<Content>> {
    const read = await this.#read();
    if (read.ok) this.#content = read.value;
    return read;
  }

  /** Looks every two seconds whether the file has changed, and tells of every reading. */
  follow(onReload: (read: Parsed<Content>) => void): { close(): void } {
    const changed = (): void => void this.reload().then(onReload);
    const { path } = this.#options;
    watchFile(path, { interval: pauseMs, persistent: false }, changed);
    return { close: () => unwatchFile(path, changed) };
  }

  async #read(): Promise<Parsed<Content>> {
    const { path, parse, read } = this.#options;
    try {
      return read(parse(await readFile(path, 'utf8')));
    } catch (error) {
      const cause = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      return refused('', 'file', `the file cannot be read${cause}`);
    }
  }
}
