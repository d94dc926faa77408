import { expect, it } from 'vitest';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { acme, agentNamed, eventOn, other } from './entities.ts';
import type { WorldSource } from './world.ts';

/** Every method of the ports that writes; a new one belongs here. */
const writers = [
  'insert',
  'insertCheckpoint',
  'lockByDid',
  'holdActive',
  'revoke',
  'reviseAll',
  'updateProfile',
  'updateState',
  'markPublished',
  'recordLints',
  'insertList',
  'takeIndices',
  'insertEntries',
  'change',
  'take',
  'show',
  'recordPublication',
  'noteEnds',
  'retire',
  'insertIntents',
  'sealAll',
  'abandonAll',
  'publishAll',
  'claim',
  'lease',
  'answer',
  'release',
  'forget',
  'append',
  'changeStanding',
  'handOver',
  'reinsert',
  'describe',
  'remove',
  'delete',
  'lock',
  'lockByName',
  'update',
  'use',
  'record',
  'forgetEnded',
  'insertDeparted',
  'deleteDeparted',
  'putTrusted',
  'deleteTrusted',
  'insertImport',
  'deleteImport',
  'recordCheck',
  'rejectFrom',
  'putRule',
  'putTiles',
  'deleteRule',
  'takeDue',
  'recordDueTimes',
  'makeDue',
  'makeAllDue',
  'insertFindings',
  'updateDetail',
  'resolve',
  'resolveAllOf',
  'recordFetches',
  'recordVerifications',
  'seize',
  'insertAll',
  'renew',
  'dropPending',
];

export function unitOfWorkContract(world: WorldSource): void {
  it('returns what the work returns', async () => {
    expect(await world().work.run(async () => 42)).toBe(42);
  });

  it('undoes everything when the work throws, and throws the same', async () => {
    const refusal = new SealwrightError('agent-wrong-state', 'no');
    const refused = world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.agents.insert(agentNamed('bot'));
      await stores.audit.append([eventOn('agt_bot')]);
      throw refusal;
    });
    await expect(refused).rejects.toBe(refusal);
    expect(await world().readers.organizations.list()).toEqual([]);
    expect(await world().readers.audit.readAfter(0, 10)).toEqual([]);
  });

  it('reads what it wrote; others read it only afterwards', async () => {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      expect(await stores.organizations.find(acme.id)).toEqual(acme);
      expect(await world().readers.organizations.find(acme.id)).toBeNull();
    });
    expect(await world().readers.organizations.find(acme.id)).toEqual(acme);
  });

  it('loses no write of a unit of work that runs while another is undone', async () => {
    await world().work.run(({ organizations }) => organizations.insert(acme));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, place) =>
        world().work.run(async (stores) => {
          await stores.agents.insert(agentNamed(`bot-${place}`));
          if (place % 2 === 0) throw new Error('no');
          await stores.audit.append([eventOn(`agt_bot-${place}`)]);
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected'],
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    const agents = await world().readers.agents.list({ organizationId: acme.id }, { limit: 20 });
    expect(agents.map(({ handle }) => handle)).toEqual([
      'bot-1',
      'bot-3',
      'bot-5',
      'bot-7',
      'bot-9',
    ]);
    expect(await world().readers.audit.readAfter(0, 20)).toHaveLength(5);
  });

  it('offers no way to write outside a unit of work', () => {
    for (const reader of Object.values(world().readers)) {
      for (const writer of writers) expect(Reflect.get(reader, writer)).toBeUndefined();
    }
  });

  it('names every writing method in this contract', async () => {
    await world().work.run(async (stores) => {
      const names = Object.entries(stores).flatMap(([room, store]) =>
        methodsOf(store).filter((name) => !methodsOf(readerOf(room)).includes(name)),
      );
      expect([...new Set(names)].sort()).toEqual([...writers].sort());
    });
  });

  it('lets two organizations go on side by side', async () => {
    await Promise.all([
      world().work.run(({ organizations }) => organizations.insert(acme)),
      world().work.run(({ organizations }) => organizations.insert(other)),
    ]);
    expect(await world().readers.organizations.list()).toEqual([acme, other]);
  });

  function readerOf(room: string): object {
    return Object.entries(world().readers).find(([name]) => name === room)?.[1] ?? {};
  }
}

function methodsOf(object: object | null): string[] {
  if (object === null || object === Object.prototype) return [];
  const own = Object.getOwnPropertyNames(object).filter((name) => name !== 'constructor');
  const methods = own.filter((name) => typeof Reflect.get(object, name) === 'function');
  return [...methods, ...methodsOf(Object.getPrototypeOf(object))];
}
