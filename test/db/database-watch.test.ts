import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatabaseWatch } from '../../src/db/database-watch.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

let server: OwnPostgres;

beforeAll(async () => {
  server = await startOwnPostgres();
  await server.run("CREATE ROLE owner LOGIN PASSWORD 'secret'");
  await server.run('CREATE DATABASE registry OWNER owner');
});

afterAll(() => server[Symbol.asyncDispose]());

const url = (parameters = '') => server.url('owner:secret', 'registry', parameters);
const watchersHolding = (watches: readonly DatabaseWatch[]) =>
  watches.filter(({ holdsLease }) => holdsLease).length;

it('gives the lease to one of several processes, and to another within a second of its end', async () => {
  const first = await DatabaseWatch.start(url());
  const others = [await DatabaseWatch.start(url()), await DatabaseWatch.start(url())];
  expect([first.holdsLease, watchersHolding(others)]).toEqual([true, 0]);
  await first[Symbol.asyncDispose]();
  expect(first.holdsLease).toBe(false);
  await expect.poll(() => watchersHolding(others), { timeout: 3_000, interval: 20 }).toBe(1);
  await delay(1_000);
  expect(watchersHolding(others)).toBe(1);
  await Promise.all(others.map((watch) => watch[Symbol.asyncDispose]()));
});

it('loses the lease with its connection, and says nothing of the database then', async () => {
  await using watch = await DatabaseWatch.start(url());
  let losses = 0;
  watch.onLost(() => (losses += 1));
  const ended = await server.run(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 24225",
  );
  expect(ended).toHaveLength(1);
  await using other = await DatabaseWatch.start(url());
  await expect
    .poll(() => watchersHolding([watch, other]), { timeout: 3_000, interval: 20 })
    .toBe(1);
  expect([watch.isUp, losses]).toEqual([true, 0]);
});

it('leaves two registries in one database a lease each, and migrations their lock', async () => {
  await server.run('CREATE SCHEMA other AUTHORIZATION owner', 'registry');
  await using one = await DatabaseWatch.start(url());
  await using other = await DatabaseWatch.start(url('?options=-c%20search_path%3Dother'));
  expect([one.holdsLease, other.holdsLease]).toEqual([true, true]);
  const [free] = await server.run('SELECT pg_try_advisory_lock(72707369) AS free', 'registry');
  expect(free).toEqual({ free: true });
});

it('says within two seconds that the server leaves questions without an answer, and when it is back', async () => {
  await using watch = await DatabaseWatch.start(url());
  const lost = new Promise<number>((resolve) => watch.onLost(() => resolve(Date.now())));
  const began = Date.now();
  server.pause();
  try {
    expect((await lost) - began).toBeLessThan(2_500);
    expect([watch.isUp, watch.holdsLease]).toEqual([false, false]);
  } finally {
    server.resume();
  }
  await expect.poll(() => watch.isUp && watch.holdsLease, { timeout: 5_000 }).toBe(true);
});
