import { describe, expect, it } from 'vitest';
import { Derived, LruCache, SingleFlight } from '../../src/verifier/cache.ts';

describe('LruCache', () => {
  it('lets go of what was used least recently', () => {
    const cache = new LruCache<number>({ maxWeight: 2 });
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
    expect(cache.size).toBe(2);
  });

  it('counts weights, replaced and deleted ones no longer', () => {
    const cache = new LruCache<string>({ maxWeight: 10, weigh: (text) => text.length });
    cache.set('a', 'xxxxx');
    cache.set('a', 'xx');
    cache.set('b', 'xxxxxxxx');
    expect(cache.size).toBe(2);
    cache.delete('b');
    cache.set('c', 'xxxxxxxx');
    expect(cache.get('a')).toBe('xx');
  });

  it('does not hold what is heavier than all it may hold, and lets go of nothing for it', () => {
    const cache = new LruCache<string>({ maxWeight: 3, weigh: (text) => text.length });
    cache.set('a', 'x');
    cache.set('b', 'xxxx');
    expect([cache.get('a'), cache.get('b'), cache.size]).toEqual(['x', undefined, 1]);
    cache.set('a', 'xxxx');
    expect(cache.size).toBe(0);
  });
});

describe('SingleFlight', () => {
  it('runs work once for all who ask meanwhile, and again afterwards', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = async () => {
      runs += 1;
      return runs;
    };
    const both = await Promise.all([flights.run('a', work), flights.run('a', work)]);
    expect(both).toEqual([1, 1]);
    expect(await flights.run('a', work)).toBe(2);
  });

  it('gives everybody the failure, and forgets it', async () => {
    const flights = new SingleFlight<number>();
    const work = () => Promise.reject(new Error('broken'));
    const both = await Promise.allSettled([flights.run('a', work), flights.run('a', work)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('a', async () => 7)).toBe(7);
  });

  it('shows the answer that is under way, for as long as it is', async () => {
    const flights = new SingleFlight<number>();
    expect(flights.underWay('a')).toBeUndefined();
    const answer = flights.run('a', async () => 5);
    expect(flights.underWay('a')).toBe(answer);
    expect(flights.underWay('b')).toBeUndefined();
    await answer;
    expect(flights.underWay('a')).toBeUndefined();
  });

  it('tells work that was dropped that it is not current any more', async () => {
    const flights = new SingleFlight<boolean>();
    const work = async (isCurrent: () => boolean) => {
      await Promise.resolve();
      return isCurrent();
    };
    const first = flights.run('a', work);
    flights.drop('a');
    const second = flights.run('a', work);
    expect(await Promise.all([first, second])).toEqual([false, true]);
  });
});

describe('Derived', () => {
  it('derives once from one object, and then at once', async () => {
    const derived = new Derived<object, number>();
    const source = {};
    let runs = 0;
    const derive = async () => {
      runs += 1;
      return runs;
    };
    const both = await Promise.all([derived.of(source, derive), derived.of(source, derive)]);
    expect(both).toEqual([1, 1]);
    expect(derived.of(source, derive)).toBe(1);
    expect(await derived.of({}, derive)).toBe(2);
  });
});
