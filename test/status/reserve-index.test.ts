import { describe, expect, it } from 'vitest';
import { newStatusList, reserveIndices } from '../../src/status/reserve-index.ts';
import type { StatusList, StatusListId } from '../../src/status/status-list.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { aList } from './made-list.ts';

const at = new Date('2026-11-20T12:00:00Z');
const { organizationId } = aList();

async function arrange(...lists: StatusList[]) {
  const database = new MemoryDatabase({ clock: new SettableClock() });
  await database.run(async ({ status }) => {
    for (const list of lists) await status.insertList(list);
  });
  const reserve = (count: number, from = 0) =>
    database.run(async (stores) => {
      const holders = Array.from({ length: count }, (_, place) => `crd_${from + place}`);
      return (await reserveIndices(stores, { organizationId, holders, at })).references;
    });
  return { database, reserve };
}

/** Where the first list shows a change of this holder and of nobody else. */
function indicesOf(database: MemoryDatabase, holder: string): Promise<readonly number[]> {
  return database.run(async ({ status }) => {
    await status.change([holder], { suspendedAt: at });
    const shown = await status.readExceptions(aList().id);
    await status.change([holder], { suspendedAt: null });
    return [...shown.revoked, ...shown.suspended];
  });
}

/** How many of the references are in each list, by its number. */
function countByList(references: readonly { readonly listNumber: number }[]) {
  const numbers = references.map(({ listNumber }) => listNumber);
  return [...new Set(numbers)].map((number) => [
    number,
    numbers.filter((other) => other === number).length,
  ]);
}

describe('reserving', () => {
  it('gives each holder an index of its own, in the order of the holders', async () => {
    const { database, reserve } = await arrange(aList());
    const references = await reserve(4);
    expect(references).toStrictEqual(
      [47_984, 22_297, 67_857, 104_313].map((index) => ({
        listId: 'lst_7',
        listNumber: 7,
        index,
      })),
    );
    const holders = ['crd_0', 'crd_1', 'crd_2', 'crd_3'];
    const found = [];
    for (const holder of holders) found.push([holder, await indicesOf(database, holder)]);
    expect(found).toStrictEqual([
      ['crd_0', [47_984]],
      ['crd_1', [22_297]],
      ['crd_2', [67_857]],
      ['crd_3', [104_313]],
    ]);
  });

  it('goes on where it stopped, and gives no index twice', async () => {
    const { reserve } = await arrange(aList({ size: 64 }));
    const references = [...(await reserve(20)), ...(await reserve(44, 20))];
    const indices = references.map(({ index }) => index).sort((one, other) => one - other);
    expect(indices).toStrictEqual(Array.from({ length: 64 }, (_, index) => index));
  });

  it('of nothing takes nothing', async () => {
    const { database, reserve } = await arrange();
    expect(await reserve(0)).toStrictEqual([]);
    expect(await database.readers.status.listLists()).toStrictEqual([]);
  });

  it('that is rolled back leaves its indices free', async () => {
    const { database, reserve } = await arrange(aList());
    const failing = database.run(async (stores) => {
      await reserveIndices(stores, { organizationId, holders: ['crd_0'], at });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect((await reserve(1)).map(({ index }) => index)).toStrictEqual([47_984]);
  });
});

describe('at the end of a list', () => {
  const nearlyFull = aList({ taken: 131_069 });

  it('3 free and 50 wanted are 3 and 47', async () => {
    const { reserve } = await arrange(nearlyFull);
    expect(countByList(await reserve(50))).toStrictEqual([
      [7, 3],
      [8, 47],
    ]);
  });

  it('3 free and 50 wanted at the same time are 3 and 47', async () => {
    const { reserve } = await arrange(nearlyFull);
    const places = Array.from({ length: 50 }, (_, place) => place);
    const references = await Promise.all(places.map((place) => reserve(1, place)));
    expect(countByList(references.flat())).toStrictEqual([
      [7, 3],
      [8, 47],
    ]);
  });

  it.each([
    ['exactly full', 3, [[7, 3]]],
    [
      'just beyond',
      4,
      [
        [7, 3],
        [8, 1],
      ],
    ],
  ])('%s: %d', async (_name, count, expected) => {
    const { reserve } = await arrange(nearlyFull);
    expect(countByList(await reserve(count))).toStrictEqual(expected);
  });

  it('that is full already, all go into the next', async () => {
    const { reserve } = await arrange(aList({ taken: 131_072 }));
    expect(countByList(await reserve(5))).toStrictEqual([[8, 5]]);
  });
});

describe('a list that was never published', () => {
  it('is to be served first, whoever began it', async () => {
    const served = aList({ taken: 131_071, publishedAt: at });
    const { database } = await arrange(served);
    const opened = (holder: string) =>
      database.run(async (stores) => {
        const order = { organizationId, holders: [holder], at };
        return (await reserveIndices(stores, order)).openedLists;
      });
    expect(await opened('crd_0')).toStrictEqual([]);
    const [began = ''] = await opened('crd_1');
    expect(await opened('crd_2')).toStrictEqual([began]);
    await database.run(({ status }) =>
      status.recordPublication(began as StatusListId, { revision: 0, at }),
    );
    expect(await opened('crd_3')).toStrictEqual([]);
  });
});

describe('a new list', () => {
  it('is as large as it is ordered to be', () => {
    const order = { organizationId, at, listSize: 1_048_576 };
    expect(newStatusList(order, 1).size).toBe(1_048_576);
  });

  it('is the first where there is none', async () => {
    const { reserve } = await arrange();
    expect(countByList(await reserve(2))).toStrictEqual([[1, 2]]);
  });

  it('is empty, of the least size there may be, with a secret of its own', () => {
    const [one, other] = [1, 2].map((number) => newStatusList({ organizationId, at }, number));
    expect(one).toMatchObject({ number: 1, size: 131_072, taken: 0, publishedAt: null });
    expect(one?.permutationKey).toHaveLength(32);
    expect(one?.permutationKey).not.toStrictEqual(other?.permutationKey);
  });
});
