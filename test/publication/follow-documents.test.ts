import { expect, it } from 'vitest';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import { createDocumentFollower } from '../../src/publication/follow-documents.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { aDocument } from './made-document.ts';

const expiring = { expiresAt: new Date('2026-11-22T00:00:00Z') };

/** A memory with 40 documents and a list, over a store that may hold newer ones. */
function arrange() {
  const asked: string[][] = [];
  const store = new Map<string, PublicDocument>();
  const documents = {
    find: async () => null,
    listVersions: async () => [],
    listNewer: async (held: readonly { readonly path: string; readonly version: number }[]) => {
      asked.push(held.map(({ path }) => path));
      return held.flatMap(({ path, version }) => {
        const found = store.get(path);
        return found !== undefined && found.version > version ? [found] : [];
      });
    },
  };
  const memory = new DocumentMemory(documents, { maxBytes: 1_000_000 });
  const paths = Array.from({ length: 40 }, (_, place) => `/a/${place}`);
  memory.apply(paths.map((path) => aDocument(path, 1)));
  memory.apply([{ ...aDocument('/status/1r', 1), ...expiring }]);
  return { asked, store, documents, memory, look: createDocumentFollower({ documents, memory }) };
}

it('compares the hosts and every list at each look, and every document within twenty', async () => {
  const { asked, look } = arrange();
  for (let count = 0; count < 20; count += 1) await look();
  expect(asked.every((paths) => paths[1] === '/status/1r' && paths.length === 4)).toBe(true);
  expect(asked.every(([first]) => first === '//')).toBe(true);
  expect(new Set(asked.flat()).size).toBe(42);
});

it('takes over what was published anew, and what was withdrawn', async () => {
  const { store, memory, look } = arrange();
  store.set('/status/1r', { ...aDocument('/status/1r', 7), ...expiring });
  await look();
  expect(memory.peek('/status/1r')?.version).toBe(7);
  store.set('/a/39', { ...aDocument('/a/39', 2), state: 'gone' });
  for (let count = 0; count < 20; count += 1) await look();
  expect(memory.peek('/a/39')).toMatchObject({ version: 2, state: 'gone' });
  expect(memory.peek('/a/38')?.version).toBe(1);
});

it('keeps what it has while the store is away, and misses nothing afterwards', async () => {
  const { store, documents, memory, look } = arrange();
  const { listNewer } = documents;
  store.set('/a/0', aDocument('/a/0', 2));
  documents.listNewer = async () => {
    throw new Error('away');
  };
  await expect(look()).rejects.toThrow('away');
  expect(memory.peek('/a/0')?.version).toBe(1);
  documents.listNewer = listNewer;
  await look();
  expect(memory.peek('/a/0')?.version).toBe(2);
});
