import { beforeEach, expect, it } from 'vitest';
import type { DocumentCopy } from '../../src/publication/document-copy.ts';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import { createDocumentFollower } from '../../src/publication/follow-documents.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import type { HeldVersion } from '../../src/publication/public-document-store.ts';
import { aDocument } from './made-document.ts';

/** A store whose feed is the order in which the test publishes. */
class Store {
  readonly documents = new Map<string, PublicDocument>();
  readonly published: HeldVersion[] = [];
  readonly asked: string[][] = [];
  isAway = false;
  isSetBack = false;
  source = 'one';

  publish(...documents: readonly PublicDocument[]): void {
    for (const document of documents) {
      this.documents.set(document.path, document);
      this.published.push(document);
    }
  }

  async find(path: string) {
    return this.documents.get(path) ?? null;
  }

  async listNewer(held: readonly HeldVersion[]) {
    this.asked.push(held.map(({ path }) => path));
    return held.flatMap(({ path, version }) => {
      const found = this.documents.get(path);
      return found !== undefined && found.version > version ? [found] : [];
    });
  }

  async listPublished(since: string | null) {
    if (this.isAway) throw new Error('away');
    const upTo = String(this.published.length);
    if (this.isSetBack) return { published: null, upTo };
    return { published: since === null ? [] : this.published.slice(Number(since)), upTo };
  }

  async listPresent(after: string, limit: number) {
    const paths = [...this.documents.keys()].filter((path) => path > after).toSorted();
    return paths
      .slice(0, limit)
      .map((path) => ({ path, version: this.documents.get(path)?.version ?? 0 }));
  }

  readSource = async () => this.source;
  listVersions = async () => [];
}

/** A copy in memory. */
class Copy implements DocumentCopy {
  readonly documents = new Map<string, PublicDocument>();
  isInStep = false;
  belongsTo = '';
  get size() {
    return this.documents.size;
  }
  versionOf = (path: string) => this.documents.get(path)?.version ?? 0;
  find = async (path: string) => this.documents.get(path) ?? null;
  keep(documents: readonly PublicDocument[]) {
    for (const document of documents) this.documents.set(document.path, document);
  }
  flush = async () => undefined;
  drop(paths: readonly string[]) {
    for (const path of paths) this.documents.delete(path);
  }
  paths = () => this.documents.keys();
  doubt() {
    this.isInStep = false;
  }
  beginComparison() {}
  async endComparison() {
    this.isInStep = true;
  }
  async belongTo(source: string) {
    if (this.belongsTo !== source) this.documents.clear();
    this.belongsTo = source;
  }
}

let store: Store;
let copy: Copy;
let memory: DocumentMemory;
let look: () => Promise<boolean>;

beforeEach(() => {
  store = new Store();
  copy = new Copy();
  memory = new DocumentMemory(store, { maxBytes: 1_000_000, copy });
  look = createDocumentFollower({ documents: store, memory, copy });
});

async function lookUntilDone(): Promise<void> {
  while (await look());
}

it('copies everything there is, page by page, and is in step only then', async () => {
  const paths = Array.from({ length: 5_001 }, (_, place) => `/a/${String(place).padStart(4, '0')}`);
  store.publish(...paths.map((path) => aDocument(path, 1)));
  expect(await look()).toBe(true);
  expect([copy.size, copy.isInStep]).toEqual([5_000, false]);
  await lookUntilDone();
  expect([copy.size, copy.isInStep]).toEqual([5_001, true]);
  expect(memory.peek('/a/0000')).toBeUndefined();
});

it('takes over what was published since, into memory where somebody asked for it', async () => {
  store.publish(aDocument('/a', 1), aDocument('/b', 1));
  await lookUntilDone();
  await memory.read('/a');
  store.publish(aDocument('/a', 2), aDocument('/b', 2), { ...aDocument('/c', 1), state: 'gone' });
  await look();
  expect(memory.peek('/a')?.version).toBe(2);
  expect(memory.peek('/b')).toBeUndefined();
  expect([copy.versionOf('/a'), copy.versionOf('/b'), copy.versionOf('/c')]).toEqual([2, 2, 1]);
  expect((await memory.read('/c'))?.state).toBe('gone');
});

it('knows the hosts that are served, from the copy or as soon as others add one', async () => {
  const listing = (version: number, ...hosts: readonly string[]) => ({
    ...aDocument('//', version),
    body: Buffer.from(JSON.stringify({ hosts })),
  });
  store.publish(listing(1, 'id.globex.example'));
  copy.keep([listing(1, 'id.globex.example')]);
  await lookUntilDone();
  expect([memory.hosts.has('id.globex.example'), memory.hosts.size]).toEqual([true, 1]);
  store.publish(listing(2, 'id.globex.example', 'id.initech.example'));
  await look();
  expect(memory.hosts.has('id.initech.example')).toBe(true);
});

it('asks for nothing that this process published itself', async () => {
  await lookUntilDone();
  store.publish(aDocument('/a', 1));
  memory.apply([aDocument('/a', 1)]);
  await look();
  expect(store.asked).toEqual([]);
});

it('reaches a reader whose read began before the publication', async () => {
  store.publish(aDocument('/a', 1));
  await lookUntilDone();
  copy.isInStep = false;
  let answer: (document: PublicDocument) => void = () => undefined;
  store.find = () => new Promise((resolve) => (answer = resolve));
  const reading = memory.read('/a');
  store.publish(aDocument('/a', 2));
  await look();
  answer(aDocument('/a', 1));
  expect((await reading)?.version).toBe(2);
});

it('keeps what it has while the store is away, and misses nothing afterwards', async () => {
  store.publish(aDocument('/a', 1));
  await lookUntilDone();
  await memory.read('/a');
  store.publish(aDocument('/a', 2));
  store.isAway = true;
  await expect(look()).rejects.toThrow('away');
  expect(memory.peek('/a')?.version).toBe(1);
  store.isAway = false;
  await look();
  expect(memory.peek('/a')?.version).toBe(2);
});

it('compares everything anew, and lets go of what is gone, when the database was set back', async () => {
  store.publish(aDocument('/a', 1), aDocument('/b', 1));
  await lookUntilDone();
  store.documents.delete('/b');
  store.documents.set('/c', aDocument('/c', 1));
  store.isSetBack = true;
  await look();
  store.isSetBack = false;
  await lookUntilDone();
  expect([...copy.documents.keys()].toSorted()).toEqual(['/a', '/c']);
});

it('gives up what it holds of another database', async () => {
  copy.belongsTo = 'former';
  copy.keep([aDocument('/old', 900)]);
  store.publish(aDocument('/a', 1));
  await lookUntilDone();
  expect([...copy.documents.keys()]).toEqual(['/a']);
});
