import type { DocumentCopy } from './document-copy.ts';
import { hostsPath, KnownHosts } from './known-hosts.ts';
import type { PublicDocument } from './public-document.ts';
import type { PublicDocumentReader } from './public-document-store.ts';

/** How much is held, and where documents are kept beyond that. */
export interface DocumentMemoryOptions {
  readonly maxBytes: number;
  /** None in a process that serves no documents. */
  readonly copy?: DocumentCopy | null;
}

/**
 * The documents in memory, as the public plane serves them. A path that is not there is read from
 * the copy while that is in step with the store, else from the store, and from the copy again when
 * the store is away; from then on it follows what is published. An older version never replaces a
 * newer one. When the memory holds more than `maxBytes` of octets, the documents not asked for
 * longest leave first.
 */
export class DocumentMemory {
  /** The hosts that are served, as the newest list that was seen here says. */
  readonly hosts = new KnownHosts();
  readonly #documents = new Map<string, PublicDocument>();
  readonly #reading = new Map<string, Promise<PublicDocument | null>>();
  /** Paths of which the store may have a version that nobody told of. */
  readonly #doubtful = new Set<string>();
  readonly #reader: Pick<PublicDocumentReader, 'find'>;
  readonly #options: DocumentMemoryOptions;
  #bytes = 0;

  constructor(reader: Pick<PublicDocumentReader, 'find'>, options: DocumentMemoryOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** The document if it is in memory. */
  peek(path: string): PublicDocument | undefined {
    const document = this.#documents.get(path);
    if (document !== undefined) this.#touch(document);
    return document;
  }

  /** The document from memory or, failing that, from copy or store; null when there is none. */
  async read(path: string): Promise<PublicDocument | null> {
    const held = this.peek(path);
    if (held !== undefined) return held;
    const reading = this.#reading.get(path) ?? this.#readAnew(path);
    this.#reading.set(path, reading);
    return reading;
  }

  /** The version that is in memory. */
  versionOf(path: string): number | undefined {
    if (path === hostsPath) return this.hosts.held.version;
    return this.#documents.get(path)?.version;
  }

  /** Learns which hosts are served, before anybody follows. Rejects when they cannot be read. */
  async readHosts(): Promise<void> {
    const list = await this.#readBeyond(hostsPath);
    if (list !== null) this.hosts.take(list);
  }

  /** Takes in what a committed transaction of this process published. */
  apply(published: readonly PublicDocument[]): void {
    for (const document of published) this.#hold(document);
    this.#options.copy?.keep(published);
  }

  /** Takes in what others published of that which somebody here asked for. */
  follow(published: readonly PublicDocument[]): void {
    for (const document of published) {
      const { path } = document;
      this.#doubtful.delete(path);
      const isAsked = this.#documents.has(path) || this.#reading.has(path);
      if (isAsked || path === hostsPath) this.#hold(document);
    }
  }

  /** Lets go of documents that the store may have replaced; the next reader asks the store. */
  forget(doubtful: readonly PublicDocument[]): void {
    for (const { path } of doubtful) {
      this.#doubtful.add(path);
      this.#bytes -= this.#documents.get(path)?.body.byteLength ?? 0;
      this.#documents.delete(path);
    }
  }

  async #readAnew(path: string): Promise<PublicDocument | null> {
    try {
      const document = await this.#readBeyond(path);
      if (document === null) return this.#documents.get(path) ?? null;
      this.#hold(document);
      return this.#documents.get(path) ?? document;
    } finally {
      this.#reading.delete(path);
    }
  }

  async #readBeyond(path: string): Promise<PublicDocument | null> {
    const { copy } = this.#options;
    if (!copy?.isInStep || this.#doubtful.has(path)) return this.#readStore(path);
    return (await copy.find(path)) ?? this.#readStore(path);
  }

  async #readStore(path: string): Promise<PublicDocument | null> {
    try {
      const document = await this.#reader.find(path);
      this.#doubtful.delete(path);
      return document;
    } catch (error) {
      const kept = (await this.#options.copy?.find(path)) ?? null;
      if (kept === null) throw error;
      return kept;
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
    if (this.#bytes <= this.#options.maxBytes / 2) return;
    this.#documents.delete(document.path);
    this.#documents.set(document.path, document);
  }

  #evict(): void {
    for (const [path, document] of this.#documents) {
      if (this.#bytes <= this.#options.maxBytes) return;
      this.#documents.delete(path);
      this.#bytes -= document.body.byteLength;
    }
  }
}
