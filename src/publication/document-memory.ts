import { hostsPath, KnownHosts } from './known-hosts.ts';
import type { PublicDocument } from './public-document.ts';
import type { PublicDocumentReader } from './public-document-store.ts';

/**
 * The documents in memory, as the public plane serves them. A path is read from the store once and
 * then follows what is published; an older version never replaces a newer one. When the memory
 * holds more than `maxBytes` of octets, the documents not asked for longest leave first.
 */
export class DocumentMemory {
  /** The hosts that are served, as the newest list that was seen here says. */
  readonly hosts = new KnownHosts();
  readonly #documents = new Map<string, PublicDocument>();
  readonly #reading = new Map<string, Promise<PublicDocument | null>>();
  readonly #reader: PublicDocumentReader;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(reader: PublicDocumentReader, options: { readonly maxBytes: number }) {
    this.#reader = reader;
    this.#maxBytes = options.maxBytes;
  }

  /** The document if it is in memory. */
  peek(path: string): PublicDocument | undefined {
    const document = this.#documents.get(path);
    if (document !== undefined) this.#touch(document);
    return document;
  }

  /** The document from memory or, failing that, from the store; null when there is none. */
  async read(path: string): Promise<PublicDocument | null> {
    const held = this.peek(path);
    if (held !== undefined) return held;
    const reading = this.#reading.get(path) ?? this.#readStore(path);
    this.#reading.set(path, reading);
    return reading;
  }

  /** Asks the store which hosts are served: others may have added one. */
  async readHosts(): Promise<void> {
    const list = await this.#reader.find(hostsPath);
    if (list !== null) this.hosts.take(list);
  }

  /** Everything that is in memory now. */
  held(): readonly PublicDocument[] {
    return [...this.#documents.values()];
  }

  /** Takes in what a committed transaction published. */
  apply(published: readonly PublicDocument[]): void {
    for (const document of published) this.#hold(document);
  }

  /** Lets go of documents that the store may have replaced; the next reader asks the store. */
  forget(doubtful: readonly PublicDocument[]): void {
    for (const { path } of doubtful) {
      this.#bytes -= this.#documents.get(path)?.body.byteLength ?? 0;
      this.#documents.delete(path);
    }
  }

  async #readStore(path: string): Promise<PublicDocument | null> {
    try {
      const document = await this.#reader.find(path);
      if (document === null) return this.#documents.get(path) ?? null;
      this.#hold(document);
      return this.#documents.get(path) ?? document;
    } finally {
      this.#reading.delete(path);
    }
  }

  #hold(document: PublicDocument): void {
    if (document.path === hostsPath) {
      this.hosts.take(document);
      return;
    }
    const held = this.#documents.get(document.path);
    if (held !== undefined && held.version >= document.version) return;
    this.#documents.delete(document.path);
    this.#documents.set(document.path, document);
    this.#bytes += document.body.byteLength - (held?.body.byteLength ?? 0);
    this.#evict();
  }

  #touch(document: PublicDocument): void {
    if (this.#bytes <= this.#maxBytes / 2) return;
    this.#documents.delete(document.path);
    this.#documents.set(document.path, document);
  }

  #evict(): void {
    for (const [path, document] of this.#documents) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#documents.delete(path);
      this.#bytes -= document.body.byteLength;
    }
  }
}
