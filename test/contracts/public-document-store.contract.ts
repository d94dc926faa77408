import { expect, it } from 'vitest';
import type { PublishOrder } from '../../src/publication/public-document-store.ts';
import { documentAt, noon } from './entities.ts';
import type { WorldSource } from './world.ts';

export function publicDocumentStoreContract(world: WorldSource): void {
  const publish = (...drafts: readonly PublishOrder[]) =>
    world().work.run(({ documents }) => documents.publishAll(drafts));
  const find = (path: string) => world().readers.documents.find(path);

  it('serves the octets that were published', async () => {
    const draft = documentAt('/a', 'one \u{1F600}', { expiresAt: noon(9), link: '<b>; rel=next' });
    expect(await publish(draft)).toEqual([{ ...draft, version: 1 }]);
    const found = await find('/a');
    expect(found).toEqual({ ...draft, version: 1 });
    expect(new TextDecoder().decode(found?.body)).toBe('one \u{1F600}');
    expect(await find('/b')).toBeNull();
  });

  it('keeps documents of the own host by their path, and those of others apart', async () => {
    const [own, foreign] = [
      documentAt('//acme.example/a', 'ours'),
      documentAt('//b.example/a', 'b'),
    ];
    expect(await publish(own, foreign)).toEqual([
      { ...own, path: '/a', version: 1 },
      { ...foreign, version: 1 },
    ]);
    expect(await find('/a')).toEqual(await find('//acme.example/a'));
    expect(await find('//b.example/a')).toEqual({ ...foreign, version: 1 });
    expect(await publish({ ...own, publishedAt: noon(1) })).toEqual([]);
    const { documents } = world().readers;
    for (const prefix of ['/a', '//acme.example/a']) {
      expect((await documents.listVersions(prefix, 9)).map(({ path }) => path)).toEqual(['/a']);
    }
    expect(await documents.listVersions('//b.example/', 9)).toHaveLength(1);
  });

  it('counts versions by path, and serves the highest', async () => {
    await publish(documentAt('/a', 'one'), documentAt('/b', 'other'));
    const next = documentAt('/a', 'two', { publishedAt: noon(1) });
    expect(await publish(next)).toEqual([{ ...next, version: 2 }]);
    expect((await find('/a'))?.version).toBe(2);
    expect((await find('/b'))?.version).toBe(1);
  });

  it('changes nothing when octets, headers and state are the same', async () => {
    await publish(documentAt('/a', 'one'));
    const later = documentAt('/a', 'one', { publishedAt: noon(1) });
    const news = documentAt('/b', 'new');
    expect(await publish(later, news)).toEqual([{ ...news, version: 1 }]);
    expect((await find('/a'))?.publishedAt).toEqual(noon());
    expect(await publish()).toEqual([]);
  });

  it('puts no tombstone where nothing ever was, and a document over a tombstone', async () => {
    const tombstone = documentAt('/a', '', { state: 'gone' });
    expect(await publish(tombstone)).toEqual([]);
    expect(await find('/a')).toBeNull();
    await publish(documentAt('/a', 'one'));
    expect(await publish(tombstone)).toEqual([{ ...tombstone, version: 2 }]);
    expect(await publish(tombstone)).toEqual([]);
    await publish(documentAt('/a', 'one'));
    expect(await find('/a')).toMatchObject({ state: 'live', version: 3 });
  });

  it.each<[string, Partial<PublishOrder>]>([
    ['state', { state: 'gone' }],
    ['media type', { mediaType: 'application/ld+json' }],
    ['cache control', { cacheControl: 'no-store' }],
    ['expiry', { expiresAt: noon(9) }],
    ['link', { link: '<b>' }],
  ])('makes a new version when only the %s differs', async (_, changes) => {
    await publish(documentAt('/a', 'one'));
    const draft = documentAt('/a', 'one', changes);
    expect(await publish(draft)).toEqual([{ ...draft, version: 2 }]);
  });

  it('lists what was published anew since somebody looked, withdrawals too', async () => {
    await publish(...['/a', '/b', '/c'].map((path) => documentAt(path, 'one')));
    const held = ['/a', '/b', '/c', '/d'].map((path) => ({ path, version: 1 }));
    expect(await world().readers.documents.listNewer(held)).toEqual([]);
    await publish(documentAt('/a', 'two'));
    await publish(documentAt('/a', 'three'), documentAt('/b', '', { state: 'gone' }));
    const newer = await world().readers.documents.listNewer(held);
    expect(newer.map(({ path, version, state }) => [path, version, state]).toSorted()).toEqual([
      ['/a', 3, 'live'],
      ['/b', 2, 'gone'],
    ]);
    expect(newer.find(({ path }) => path === '/a')).toEqual(await find('/a'));
    expect(await world().readers.documents.listNewer([])).toEqual([]);
  });

  it('tells what was published since somebody asked, the newest of each path', async () => {
    const { documents } = world().readers;
    await publish(documentAt('/before', 'one'));
    const start = await documents.listPublished(null);
    expect(start.published).toEqual([]);
    await publish(documentAt('/a', 'one'), documentAt('/b', 'one'));
    await publish(documentAt('/a', 'two'));
    const { published, upTo } = await documents.listPublished(start.upTo);
    expect(published?.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
      { path: '/a', version: 2 },
      { path: '/b', version: 1 },
    ]);
    expect((await documents.listPublished(upTo)).published).toEqual([]);
  });

  it('lists the present version of every path, page by page', async () => {
    const { documents } = world().readers;
    await publish(...['/b', '/a', '//host/c'].map((path) => documentAt(path, 'one')));
    await publish(documentAt('/a', 'two'));
    const first = await documents.listPresent('', 2);
    const rest = await documents.listPresent(first[1]?.path ?? '', 2);
    expect([first.length, rest.length]).toEqual([2, 1]);
    const all = [...first, ...rest].toSorted((one, other) => (one.path < other.path ? -1 : 1));
    expect(all).toEqual([
      { path: '//host/c', version: 1 },
      { path: '/a', version: 2 },
      { path: '/b', version: 1 },
    ]);
    expect(await documents.listPresent(rest[0]?.path ?? '', 2)).toEqual([]);
  });

  it('says which database it is', async () => {
    const { documents } = world().readers;
    expect(await documents.readSource()).not.toBe('');
    expect(await documents.readSource()).toBe(await documents.readSource());
  });

  it('lists the versions under a prefix, newest first', async () => {
    const [one, two] = [documentAt('/a/x', '1'), documentAt('/a/x', '2', { publishedAt: noon(2) })];
    const other = documentAt('/a/y', '3', { publishedAt: noon(1) });
    await publish(one, documentAt('/a_/z', '4'));
    await publish(other);
    await publish(two);
    expect(await world().readers.documents.listVersions('/a/', 10)).toEqual([
      { ...two, version: 2 },
      { ...other, version: 1 },
      { ...one, version: 1 },
    ]);
    expect(await world().readers.documents.listVersions('/a_', 10)).toHaveLength(1);
    expect(await world().readers.documents.listVersions('/', 2)).toHaveLength(2);
  });

  it('keeps only the newest octets of a document that is signed anew all the time', async () => {
    const signed = (text: string, seconds: number) =>
      documentAt('/s', text, { keepsVersions: false, publishedAt: noon(seconds) });
    await publish(signed('1', 1));
    await publish(signed('2', 2));
    await publish(signed('3', 3));
    expect(await world().readers.documents.listVersions('/s', 10)).toEqual([
      { ...signed('3', 3), version: 3 },
    ]);
  });

  it('announces what was published once it is durable, and nothing that was undone', async () => {
    const undone = world().work.run(async ({ documents }) => {
      await documents.publishAll([documentAt('/a', 'undone')]);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(world().announced).toEqual([]);
    await world().work.run(async ({ documents }) => {
      await documents.publishAll([documentAt('/a', 'one')]);
      expect(world().announced).toEqual([]);
    });
    expect(world().announced).toEqual([{ ...documentAt('/a', 'one'), version: 1 }]);
  });

  it('gives each of many publications at once a version of its own', async () => {
    await Promise.all(['1', '2', '3', '4'].map((text) => publish(documentAt('/a', text))));
    const versions = await world().readers.documents.listVersions('/a', 10);
    expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4]);
  });
}
