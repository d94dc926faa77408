import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { PublicDocument } from '../publication/public-document.ts';
import type {
  HeldVersion,
  Publications,
  PublicDocumentReader,
} from '../publication/public-document-store.ts';
import type { DatabaseFault, DatabaseFaultCode } from './database-fault.ts';

/** Faults of a database that is away and may come back; any other one somebody has to mend. */
const passing: ReadonlySet<DatabaseFaultCode> = new Set([
  'database-host-unknown',
  'database-refused',
  'database-unreachable',
  'database-connection-lost',
  'database-starting',
  'database-busy',
]);
const examineAgainMs = 1_000;

/** How the database is looked at, and read once it is fit. */
export interface LateDocumentsDeps {
  /** The faults that keep the database from being used. */
  readonly examine: () => Promise<readonly DatabaseFault[]>;
  readonly reader: PublicDocumentReader;
  readonly log: (message: string) => void;
}

/**
 * The documents of a database that may be away when the process starts. It is examined before it is
 * read, again and again until it is fit; until then everything is `storage-unavailable`, and `find`
 * waits for nothing.
 */
export class LateDocuments implements PublicDocumentReader {
  readonly #deps: LateDocumentsDeps;
  #isFit = false;
  #said = '';
  #examineAt = 0;

  constructor(deps: LateDocumentsDeps) {
    this.#deps = deps;
  }

  /** Throws `start-refused` for a fault that does not pass by itself. */
  async examineFirst(): Promise<void> {
    const faults = await this.#examine();
    if (faults.every(({ code }) => passing.has(code))) return;
    throw new SealwrightError('start-refused', `The database cannot be used. ${wordsOf(faults)}`);
  }

  async find(path: string): Promise<PublicDocument | null> {
    return this.#fitReader().find(path);
  }

  async listNewer(held: readonly HeldVersion[]): Promise<readonly PublicDocument[]> {
    return this.#fitReader().listNewer(held);
  }

  async listPublished(since: string | null): Promise<Publications> {
    return this.#fitReader().listPublished(since);
  }

  async listPresent(after: string, limit: number): Promise<readonly HeldVersion[]> {
    return this.#fitReader().listPresent(after, limit);
  }

  async listVersions(pathPrefix: string, limit: number): Promise<readonly PublicDocument[]> {
    return this.#fitReader().listVersions(pathPrefix, limit);
  }

  /** Whoever follows asks this first, and so has the database looked at again. */
  async readSource(): Promise<string> {
    if (!this.#isFit && performance.now() >= this.#examineAt) await this.#examine();
    return this.#fitReader().readSource();
  }

  #fitReader(): PublicDocumentReader {
    if (this.#isFit) return this.#deps.reader;
    throw new SealwrightError('storage-unavailable', 'The database cannot be reached.');
  }

  async #examine(): Promise<readonly DatabaseFault[]> {
    const faults = await this.#deps.examine();
    this.#examineAt = performance.now() + examineAgainMs;
    this.#isFit = faults.length === 0;
    const words = wordsOf(faults);
    if (words !== '' && words !== this.#said) this.#deps.log(words);
    this.#said = words;
    return faults;
  }
}

function wordsOf(faults: readonly DatabaseFault[]): string {
  return faults.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
}
