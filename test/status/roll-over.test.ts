import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/db/client.ts';
import { createReaders } from '../../src/db/create-readers.ts';
import { PostgresUnitOfWork } from '../../src/db/unit-of-work.ts';
import { permuteIndex } from '../../src/status/index-permutation.ts';
import { reserveIndices } from '../../src/status/reserve-index.ts';
import type { StatusReference } from '../../src/status/status-list.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { anOrganization } from '../keys/made-issuer.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aList } from './made-list.ts';

const at = new Date('2026-11-20T12:00:00Z');
const organization = anOrganization();
let database: TestDatabase;
/** As many processes: each has connections of its own, and knows nothing of the other. */
let clients: ReturnType<typeof createClient>[];

beforeAll(async () => {
  database = await createTestDatabase();
  clients = [1, 2].map(() => createClient(database.connectionString));
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.$disconnect()));
  await database.drop();
});

async function openProcesses(taken: number) {
  await database.clear();
  const works = clients.map(
    (client) =>
      new PostgresUnitOfWork({ client, clock: new SettableClock(), onPublished: () => undefined }),
  );
  await works[0]?.run(async (stores) => {
    await stores.organizations.insert(organization);
    await stores.status.insertList(aList({ organizationId: organization.id, taken }));
  });
  const reserve = (process: number, holder: string): Promise<readonly StatusReference[]> => {
    const work = works[process];
    if (work === undefined) throw new TypeError(`There is no process ${process}.`);
    return work.run(async (stores) => {
      const order = { organizationId: organization.id, holders: [holder], at };
      return (await reserveIndices(stores, order)).references;
    });
  };
  return { reserve, works };
}

describe('issuers of two processes', () => {
  it('I-04 at the end of a list, 3 free and 50 at once are 3 and 47, and none fails', async () => {
    const { reserve } = await openProcesses(131_069);
    const reserved = await Promise.all(
      Array.from({ length: 50 }, (_, place) => reserve(place % 2, `crd_${place}`)),
    );
    const references = reserved.flat();
    const count = (number: number) =>
      references.filter(({ listNumber }) => listNumber === number).length;
    expect([count(7), count(8)]).toEqual([3, 47]);
    const lists = await createReaders(clients[0] as (typeof clients)[number]).status.listLists();
    expect(lists.map(({ number, taken }) => [number, taken]).sort()).toEqual([
      [7, 131_072],
      [8, 47],
    ]);
  }, 30_000);

  it('I-01 never get the same index', async () => {
    const { reserve } = await openProcesses(0);
    const reserved = await Promise.all(
      Array.from({ length: 100 }, (_, place) => reserve(place % 2, `crd_${place}`)),
    );
    expect(new Set(reserved.flat().map(({ index }) => index)).size).toBe(100);
  }, 30_000);
});

it('I-03 ten thousand indices have no run, and no order', () => {
  const key = new Uint8Array(32).fill(9);
  for (const size of [131_072, 262_144, 1_048_576]) {
    const indices = Array.from({ length: 10_000 }, (_, n) => permuteIndex(n, { size, key }));
    let longest = 1;
    let run = 1;
    for (let n = 1; n < indices.length; n += 1) {
      run = indices[n] === (indices[n - 1] ?? 0) + 1 ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
    expect(longest).toBeLessThanOrEqual(4);
    expect(Math.abs(correlation(indices))).toBeLessThan(0.05);
  }
});

/** Pearson's, of values with their places. */
function correlation(values: readonly number[]): number {
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const places = values.map((_, place) => place);
  const [x, y] = [mean(places), mean(values)];
  let together = 0;
  let [spreadX, spreadY] = [0, 0];
  for (const [place, value] of values.entries()) {
    together += (place - x) * (value - y);
    spreadX += (place - x) ** 2;
    spreadY += (value - y) ** 2;
  }
  return together / Math.sqrt(spreadX * spreadY);
}
