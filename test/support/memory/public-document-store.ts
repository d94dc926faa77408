import {
  type DocumentHome,
  keptPath,
  type PublicDocument,
} from '../../../src/publication/public-document.ts';
import type {
  HeldVersion,
  Publications,
  PublicDocumentReader,
  PublicDocumentStore,
  PublishOrder,
} from '../../../src/publication/public-document-store.ts';
import type { StateSource } from './memory-state.ts';

export class MemoryPublicDocumentReader implements PublicDocumentReader {
  protected readonly state: StateSource;
  protected readonly place: DocumentHome;

  constructor(state: StateSource, place: DocumentHome = {}) {
    this.state = state;
    this.place = place;
  }

  async find(asked: string): Promise<PublicDocument | null> {
    const path = keptPath(asked, this.place);
    const versions = [...this.state().documents.values()].filter((one) => one.path === path);
    return versions.sort((one, other) => other.version - one.version)[0] ?? null;
  }

  /** The place is how many versions there were; transactions of this memory end in their order. */
  async listPublished(since: string | null): Promise<Publications> {
    const all = [...this.state().documents.values()];
    const news = all.slice(Number(since ?? all.length)).map(({ path }) => path);
    const present = await Promise.all([...new Set(news)].map((path) => this.find(path)));
    const published = present.flatMap((found) =>
      found === null ? [] : [{ path: found.path, version: found.version }],
    );
    return { published, upTo: String(all.length) };
  }

  async listPresent(after: string, limit: number): Promise<readonly HeldVersion[]> {
    const paths = new Set([...this.state().documents.values()].map(({ path }) => path));
    const next = [...paths].filter((path) => path > after).toSorted();
    const found = await Promise.all(next.slice(0, limit).map((path) => this.find(path)));
    return found.flatMap((one) => (one === null ? [] : [{ path: one.path, version: one.version }]));
  }

  async readSource(): Promise<string> {
    return 'memory';
  }

  async listNewer(held: readonly HeldVersion[]): Promise<readonly PublicDocument[]> {
    const present = await Promise.all(
      held.map(async ({ path, version }) => {
        const found = await this.find(path);
        return found === null || found.version <= version ? [] : [found];
      }),
    );
    return present.flat();
  }

  async listVersions(pathPrefix: string, limit: number): Promise<readonly PublicDocument[]> {
    return [...this.state().documents.values()]
      .filter(({ path }) => path.startsWith(keptPath(pathPrefix, this.place)))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
      .sort((one, other) => other.version - one.version)
      .sort((one, other) => other.publishedAt.getTime() - one.publishedAt.getTime())
      .slice(0, limit);
  }
}

export class MemoryPublicDocumentStore
  extends MemoryPublicDocumentReader
  implements PublicDocumentStore
{
  readonly #onPublished: (documents: readonly PublicDocument[]) => void;

  constructor(
    state: StateSource,
    onPublished: (documents: readonly PublicDocument[]) => void,
    place: DocumentHome = {},
  ) {
    super(state, place);
    this.#onPublished = onPublished;
  }

  async publishAll(orders: readonly PublishOrder[]): Promise<readonly PublicDocument[]> {
    const drafts = orders.map((order) => ({ ...order, path: keptPath(order.path, this.place) }));
    const published: PublicDocument[] = [];
    for (const draft of drafts) {
      const present = await this.find(draft.path);
      const isNews = present === null ? draft.state === 'live' : serves(present) !== serves(draft);
      if (!isNews) continue;
      const document = { ...draft, version: (present?.version ?? 0) + 1 };
      if (present?.keepsVersions === false) this.state().documents.delete(keyOf(present));
      this.state().documents.set(keyOf(document), document);
      published.push(document);
    }
    if (published.length > 0) this.#onPublished(published);
    return published;
  }
}

function keyOf({ path, version }: PublicDocument): string {
  return `${path} ${version}`;
}

/** Octets, headers and state, as one text to compare. */
function serves(document: PublishOrder): string {
  const { sha256, state, mediaType, cacheControl, expiresAt, link } = document;
  return JSON.stringify([sha256, state, mediaType, cacheControl, expiresAt, link]);
}
