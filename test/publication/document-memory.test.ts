import { describe, expect, it } from 'vitest';
import { DocumentMemory } from '../../src/publication/document-memory.ts';
import type { PublicDocument } from '../../src/publication/public-document.ts';
import { aDocument } from './made-document.ts';

interface Read {
  readonly path: string;
  readonly answer: (document: PublicDocument | null) => void;
  readonly fail: (reason: Error) => void;
}

/** A memory over a store that answers each read when the test says so. */
function arrange(maxBytes = 100) {
  const reads: Read[] = [];
  const memory = new DocumentMemory(
    {
      find: (path) =>
        new Promise((answer, fail) => {
          reads.push({ path, answer, fail });
        }),
    },
    { maxBytes },
  );
  const held = (...paths: string[]) => paths.filter((path) => memory.peek(path) !== undefined);
  return { memory, reads, held };
}

describe('a document in doubt', () => {
  it('is asked for again, and takes no room meanwhile', async () => {
    const { memory, reads, held } = arrange();
    memory.apply([aDocument('/a', 1), aDocument('/b', 1)]);
    memory.forget([aDocument('/a', 2), aDocument('/never-seen', 1)]);
    expect(held('/a', '/b')).toStrictEqual(['/b']);
    const reading = memory.read('/a');
    reads[0]?.answer(aDocument('/a', 2));
    expect(await reading).toMatchObject({ version: 2 });
  });
});

describe('reading', () => {
  it('asks the store once for readers that come together, and then no more', async () => {
    const { memory, reads } = arrange();
    const document = aDocument('/a', 1);
    const readers = [memory.read('/a'), memory.read('/a'), memory.read('/a')];
    reads[0]?.answer(document);
    expect(await Promise.all(readers)).toStrictEqual([document, document, document]);
    expect(await memory.read('/a')).toBe(document);
    expect(reads.map(({ path }) => path)).toStrictEqual(['/a']);
  });

  it('asks again for what was not there', async () => {
    const { memory, reads } = arrange();
    const missing = memory.read('/a');
    reads[0]?.answer(null);
    expect(await missing).toBeNull();
    const present = memory.read('/a');
    reads[1]?.answer(aDocument('/a', 1));
    expect(await present).toMatchObject({ version: 1 });
  });

  it('asks again after the store failed', async () => {
    const { memory, reads } = arrange();
    const failed = memory.read('/a');
    reads[0]?.fail(new Error('the database is away'));
    await expect(failed).rejects.toThrow('the database is away');
    const present = memory.read('/a');
    reads[1]?.answer(aDocument('/a', 1));
    expect(await present).toMatchObject({ version: 1 });
  });
});

describe('what is published', () => {
  it('is there without the store', async () => {
    const { memory, reads } = arrange();
    memory.apply([aDocument('/a', 1), aDocument('/b', 4)]);
    expect((await memory.read('/a'))?.version).toBe(1);
    expect(memory.peek('/b')?.version).toBe(4);
    expect(reads).toStrictEqual([]);
  });

  it.each([
    [[1, 2], 2],
    [[2, 1], 2],
    [[3, 1, 2], 3],
  ])('in the order %j ends at version %d', (versions, last) => {
    const { memory } = arrange();
    for (const version of versions) memory.apply([aDocument('/a', version)]);
    expect(memory.peek('/a')?.version).toBe(last);
  });

  it('is not undone by a read that began before it', async () => {
    const { memory, reads } = arrange();
    const reading = memory.read('/a');
    memory.apply([aDocument('/a', 2)]);
    reads[0]?.answer(aDocument('/a', 1));
    expect((await reading)?.version).toBe(2);
    expect(memory.peek('/a')?.version).toBe(2);
  });

  it('answers a read that found nothing before it', async () => {
    const { memory, reads } = arrange();
    const reading = memory.read('/a');
    memory.apply([aDocument('/a', 1)]);
    reads[0]?.answer(null);
    expect((await reading)?.version).toBe(1);
  });
});

describe('the room', () => {
  it('is counted in bytes: the documents not asked for longest leave', () => {
    const { memory, held } = arrange(100);
    memory.apply([aDocument('/a', 1, 40), aDocument('/b', 1, 40)]);
    memory.peek('/a');
    memory.apply([aDocument('/c', 1, 40)]);
    expect(held('/a', '/b', '/c')).toStrictEqual(['/a', '/c']);
  });

  it('is filled to the last byte', () => {
    const { memory, held } = arrange(100);
    memory.apply([aDocument('/a', 1, 60), aDocument('/b', 1, 40)]);
    expect(held('/a', '/b')).toStrictEqual(['/a', '/b']);
    memory.apply([aDocument('/c', 1, 1)]);
    expect(held('/a', '/b', '/c')).toStrictEqual(['/b', '/c']);
  });

  it('is given back by a shorter version and taken by a longer one', () => {
    const { memory, held } = arrange(100);
    memory.apply([aDocument('/a', 1, 50), aDocument('/b', 1, 50)]);
    memory.apply([aDocument('/a', 2, 10), aDocument('/c', 1, 40)]);
    expect(held('/a', '/b', '/c')).toStrictEqual(['/a', '/b', '/c']);
    memory.apply([aDocument('/c', 2, 41)]);
    expect(held('/a', '/b', '/c')).toStrictEqual(['/b', '/c']);
  });

  it('stays the same however often versions follow one another', () => {
    const { memory, held } = arrange(100);
    memory.apply([aDocument('/b', 1, 50)]);
    for (let version = 1; version <= 1_000; version += 1) {
      memory.apply([aDocument('/a', version, 1 + (version % 50))]);
    }
    expect(held('/a', '/b')).toStrictEqual(['/a', '/b']);
  });

  it('too small for a document still lets it be read', async () => {
    const { memory, reads, held } = arrange(100);
    const large = aDocument('/large', 1, 101);
    const reading = memory.read('/large');
    reads[0]?.answer(large);
    expect(await reading).toBe(large);
    memory.apply([aDocument('/a', 1, 100)]);
    expect(held('/large', '/a')).toStrictEqual(['/a']);
  });
});
