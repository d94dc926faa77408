import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Parsed, refused } from '../protocol/parsed.ts';
import { type ClientIds, parseClientIds } from './client-ids.ts';

const pauseMs = 2_000;

/**
 * The table of client names in a file, followed while it changes. A file that is broken or gone
 * leaves the table in force that was in force before.
 */
export class ClientIdsFile {
  readonly #path: string;
  readonly #parse: (text: string) => unknown;
  #table: ClientIds = new Map();

  /** `parse` turns the text into plain data, and throws when it cannot. */
  constructor(path: string, parse: (text: string) => unknown) {
    this.#path = path;
    this.#parse = parse;
  }

  get table(): ClientIds {
    return this.#table;
  }

  /** Reads the file now. Never throws. */
  async reload(): Promise<Parsed<ClientIds>> {
    const read = await this.#read();
    if (read.ok) this.#table = read.value;
    return read;
  }

  /** Looks every two seconds whether the file has changed, and tells of every reading. */
  follow(onReload: (read: Parsed<ClientIds>) => void): { close(): void } {
    const changed = (): void => void this.reload().then(onReload);
    watchFile(this.#path, { interval: pauseMs, persistent: false }, changed);
    return { close: () => unwatchFile(this.#path, changed) };
  }

  async #read(): Promise<Parsed<ClientIds>> {
    try {
      return parseClientIds(this.#parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      const cause = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      return refused('', 'client-ids', `the file cannot be read${cause}`);
    }
  }
}
