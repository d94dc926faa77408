import { expect, it } from 'vitest';
import type { StatusList } from '../../src/status/status-list.ts';
import type { StatusChange } from '../../src/status/status-store.ts';
import { acme, listNumbered, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

const list = listNumbered(1);

export function statusStoreContract(world: WorldSource): void {
  async function insertLists(...lists: readonly StatusList[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const one of lists) await stores.status.insertList(one);
    });
  }

  async function insertHolders(...holders: readonly string[]): Promise<void> {
    await world().work.run(({ status }) =>
      status.insertEntries(
        holders.map((holder, index) => ({ listId: list.id, listNumber: 1, index, holder })),
      ),
    );
  }

  const change = (holders: readonly string[], order: StatusChange) =>
    world().work.run(({ status }) => status.change(holders, order));
  const take = (count: number) =>
    world().work.run(({ status }) => status.takeIndices(acme.id, count));

  it('gives back the lists that were inserted, octet for octet', async () => {
    const second = listNumbered(2, { publishedAt: noon(3), publishedRevision: 4, revision: 5 });
    await insertLists(second, list);
    expect(await world().readers.status.findList(list.id)).toEqual(list);
    expect(await world().readers.status.listLists()).toEqual([list, second]);
    expect(await world().readers.status.findList(listNumbered(3).id)).toBeNull();
  });

  it('asks for another run when the number of a list is taken', async () => {
    await insertLists(list);
    const twin = { ...listNumbered(2), number: 1 };
    await expect(world().work.run(({ status }) => status.insertList(twin))).rejects.toMatchObject({
      code: 'conflict-retry',
    });
  });

  it('hands out indices from the newest list of the organization until it is full', async () => {
    expect(await take(1)).toBeNull();
    const foreign = listNumbered(9, { organizationId: other.id });
    const newest = listNumbered(2, { taken: 3 });
    await insertLists(list, newest, foreign);
    expect(await take(4)).toEqual({ list: newest, granted: 4 });
    expect(await take(4)).toEqual({ list: { ...newest, taken: 7 }, granted: 1 });
    expect(await take(4)).toEqual({ list: { ...newest, taken: 8 }, granted: 0 });
    expect(await world().readers.status.findList(list.id)).toEqual(list);
  });

  it('never hands out an index twice, however many ask at once', async () => {
    await insertLists({ ...list, size: 100 });
    const taken = await Promise.all(Array.from({ length: 20 }, () => take(3)));
    const starts = taken.map((one) => one?.list.taken ?? -1).sort((one, next) => one - next);
    expect(starts).toEqual(Array.from({ length: 20 }, (_, place) => place * 3));
  });

  it('hands the indices out again when the transaction rolls back', async () => {
    await insertLists(list);
    const refused = world().work.run(async ({ status }) => {
      await status.takeIndices(acme.id, 5);
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(await take(1)).toEqual({ list, granted: 1 });
  });

  it('refuses an index, and a holder, that is in use', async () => {
    await insertLists(list);
    await insertHolders('crd_1');
    const entry = { listId: list.id, listNumber: 1, index: 0, holder: 'crd_2' };
    for (const twin of [entry, { ...entry, index: 1, holder: 'crd_1' }]) {
      await expect(
        world().work.run(({ status }) => status.insertEntries([twin])),
      ).rejects.toMatchObject({ code: 'conflict-retry' });
    }
  });

  it('shows as exceptions what is not valid, by index', async () => {
    await insertLists(list);
    await insertHolders('crd_0', 'crd_1', 'crd_2', 'crd_3', 'crd_4');
    await change(['crd_4'], { revokedAt: noon(1) });
    await change(['crd_1', 'crd_4'], { suspendedAt: noon(2) });
    await change(['crd_2', 'crd_3'], { agentSuspendedAt: noon(3) });
    await change(['crd_3'], { agentSuspendedAt: null });
    expect(await world().readers.status.readExceptions(list.id)).toEqual({
      revoked: Uint32Array.of(4),
      suspended: Uint32Array.of(1, 2),
    });
  });

  it('counts the revision of each list touched up by one, and names them', async () => {
    const second = listNumbered(2);
    await insertLists(list, second, listNumbered(3));
    await insertHolders('crd_0', 'crd_1');
    const elsewhere = { listId: second.id, listNumber: 2, index: 0, holder: 'crd_2' };
    await world().work.run(({ status }) => status.insertEntries([elsewhere]));
    const ids = await change(['crd_2', 'crd_1', 'crd_0'], { revokedAt: noon(1) });
    expect(ids).toEqual([list.id, second.id]);
    const lists = await world().readers.status.listLists();
    expect(lists.map(({ revision }) => revision)).toEqual([1, 1, 0]);
  });

  it('leaves alone what is so already', async () => {
    await insertLists(list);
    await insertHolders('crd_0');
    expect(await change(['crd_0'], { suspendedAt: null })).toEqual([]);
    expect(await change(['crd_0'], { revokedAt: noon(1) })).toEqual([list.id]);
    expect(await change(['crd_0'], { revokedAt: noon(2) })).toEqual([]);
    expect(await change([], { revokedAt: noon(2) })).toEqual([]);
    expect((await world().readers.status.findList(list.id))?.revision).toBe(1);
  });

  it('records publications in the order of their time only', async () => {
    await insertLists(list);
    const record = (revision: number, at: Date) =>
      world().work.run(({ status }) => status.recordPublication(list.id, { revision, at }));
    expect(await record(1, noon(1))).toBe(true);
    expect(await record(2, noon(1))).toBe(false);
    expect(await record(2, noon())).toBe(false);
    expect(await record(2, noon(2))).toBe(true);
    expect(await world().readers.status.findList(list.id)).toEqual({
      ...list,
      publishedRevision: 2,
      publishedAt: noon(2),
    });
  });

  it('keeps the latest end of what a list describes', async () => {
    await insertLists(list, listNumbered(2));
    const note = (...seconds: readonly number[]) =>
      world().work.run(({ status }) =>
        status.noteEnds(seconds.map((one) => ({ listId: list.id, validUntil: noon(one) }))),
      );
    const lastEnd = async () => (await world().readers.status.findList(list.id))?.lastEnd;
    await note(5, 9, 7);
    expect(await lastEnd()).toEqual(noon(9));
    await note(8);
    expect(await lastEnd()).toEqual(noon(9));
    await note(10);
    expect(await lastEnd()).toEqual(noon(10));
    await note();
    expect((await world().readers.status.findList(listNumbered(2).id))?.lastEnd).toBeNull();
  });

  it('lists a retired list no more, and records no publication of it', async () => {
    const second = listNumbered(2);
    await insertLists(list, second);
    const retire = () => world().work.run(({ status }) => status.retire(list.id, noon(1)));
    expect(await retire()).toBe(true);
    expect(await retire()).toBe(false);
    expect(await world().readers.status.listLists()).toEqual([second]);
    const publication = { revision: 1, at: noon(2) };
    expect(
      await world().work.run(({ status }) => status.recordPublication(list.id, publication)),
    ).toBe(false);
    expect(await world().readers.status.findList(list.id)).toEqual({
      ...list,
      retiredAt: noon(1),
    });
  });
}
