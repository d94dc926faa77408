import type { DocumentCopy } from './document-copy.ts';
import type { DocumentMemory } from './document-memory.ts';
import type { HeldVersion, PublicDocumentReader } from './public-document-store.ts';

const pathsPerPage = 5_000;
const documentsAtOnce = 50;
/** Everything is compared again this often, whatever the feed said, */
const compareEveryMs = 60 * 60_000;
/** and this soon when the copy lacks something. */
const compareAgainMs = 30_000;

/** What is followed, in which memory, and where it is kept beyond that. */
export interface FollowDocumentsDeps {
  readonly documents: PublicDocumentReader;
  readonly memory: DocumentMemory;
  readonly copy: DocumentCopy;
}

/** Takes one look at what others published; true when there is more to look at straight away. */
export type LookAtDocuments = () => Promise<boolean>;

/**
 * Keeps memory and copy in step with the store. Each look takes over what was published since the
 * last one, by transaction, so neither clocks nor the order of commits matter; the first looks, and
 * some later ones, compare every path besides. A look that rejects is made again.
 */
export function createDocumentFollower(deps: FollowDocumentsDeps): LookAtDocuments {
  const follower = new DocumentFollower(deps);
  return () => follower.look();
}

class DocumentFollower {
  readonly #deps: FollowDocumentsDeps;
  #since: string | null = null;
  /** The last path that was compared; null between comparisons. */
  #compared: string | null = null;
  #compareAt = 0;
  /** The paths there are, while the copy may hold some that are published no more. */
  #present: Set<string> | null = new Set();

  constructor(deps: FollowDocumentsDeps) {
    this.#deps = deps;
  }

  async look(): Promise<boolean> {
    const { documents, copy } = this.#deps;
    if (this.#since === null) await copy.belongTo(await documents.readSource());
    const { published, upTo } = await documents.listPublished(this.#since);
    if (published === null) this.#startOver();
    await this.#takeOver(published ?? []);
    this.#since = upTo;
    if (this.#compared === null && performance.now() >= this.#compareAt) this.#beginComparison();
    if (this.#compared !== null) await this.#compare(this.#compared);
    if (!copy.isInStep) {
      const soon = performance.now() + compareAgainMs;
      this.#compareAt = Math.min(this.#compareAt, soon);
    }
    return this.#compared !== null;
  }

  /** The database was set back: what it tells by transaction says nothing about before. */
  #startOver(): void {
    this.#deps.copy.doubt();
    this.#compared = null;
    this.#compareAt = 0;
    this.#present = new Set();
  }

  #beginComparison(): void {
    this.#compared = '';
    this.#deps.copy.beginComparison();
  }

  async #compare(after: string): Promise<void> {
    const { documents, copy } = this.#deps;
    const page = await documents.listPresent(after, pathsPerPage);
    for (const { path } of page) this.#present?.add(path);
    await this.#takeOver(page);
    this.#compared = page.at(-1)?.path ?? null;
    if (this.#compared !== null) return;
    if (this.#present !== null) await this.#dropAbsent(this.#present);
    this.#present = null;
    await copy.endComparison();
    this.#compareAt = performance.now() + compareEveryMs;
  }

  /** Of a database that was set back, the copy may hold what is there no more. */
  async #dropAbsent(present: ReadonlySet<string>): Promise<void> {
    const { documents, copy } = this.#deps;
    const absent = [...copy.paths()].filter((path) => !present.has(path));
    for (let start = 0; start < absent.length; start += documentsAtOnce) {
      const paths = absent.slice(start, start + documentsAtOnce);
      // Some were published after the page that would have named them.
      const found = await documents.listNewer(paths.map((path) => ({ path, version: 0 })));
      const published = new Set(found.map(({ path }) => path));
      copy.drop(paths.filter((path) => !published.has(path)));
    }
  }

  async #takeOver(versions: readonly HeldVersion[]): Promise<void> {
    const { documents, memory, copy } = this.#deps;
    const news = versions.filter(
      ({ path, version }) =>
        copy.versionOf(path) < version || (memory.versionOf(path) ?? version) < version,
    );
    for (let start = 0; start < news.length; start += documentsAtOnce) {
      const wanted = news.slice(start, start + documentsAtOnce);
      // Asked for by version, in the words of the store: one that is newer than before this.
      const held = wanted.map(({ path, version }) => ({ path, version: version - 1 }));
      const found = await documents.listNewer(held);
      memory.follow(found);
      copy.keep(found);
      if (news.length > documentsAtOnce) await copy.flush();
    }
  }
}
