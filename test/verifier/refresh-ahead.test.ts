import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createGatedFetch } from './support/gated-fetch.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

const second = 1_000;
const minute = 60 * second;

async function start(change: (fetch: Fetch) => Fetch = (fetch) => fetch) {
  const world = await createPaperWorld();
  const fetch = createGatedFetch(change(world.fetch));
  let kept = 0;
  const cache = { get: () => undefined, set: () => (kept += 1), delete: () => undefined };
  const verifier = createVerifier({ ...world.options(), fetch, cache });
  const judge = async () => {
    const { outcome, reason } = await verifier.verifyClient(world.clientId);
    return reason ?? outcome;
  };
  const places = new Map([
    [world.clientId, 'document'],
    [world.didUrl, 'did'],
    [world.jwksUri, 'jwks'],
    [world.revocationList, 'list'],
    [world.suspensionList, 'list'],
  ]);
  const asked = () => fetch.asked.splice(0).map((url) => places.get(url));
  /** Waits until the answers of so many refreshes, since the beginning, took the place of copies. */
  const refreshed = (count: number) => expect.poll(() => kept, { timeout: 5_000 }).toBe(count);
  return { world, fetch, verifier, judge, asked, refreshed };
}

/** Has every list signed anew, without a change. */
async function resign(world: PaperWorld): Promise<void> {
  await world.publishList({ purpose: 'revocation' });
  await world.publishList({ purpose: 'suspension' });
}

/** Time for work in the background that is not expected to change anything. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}

describe('a copy that is near its end', () => {
  it('answers at once, and is asked for again once, in the background', async () => {
    const { world, fetch, judge, asked, refreshed } = await start();
    expect(await judge()).toBe('accepted');
    asked();
    world.advance(22_499);
    expect(await judge()).toBe('accepted');
    expect(asked()).toEqual([]);
    world.advance(1);
    fetch.close();
    expect(await Promise.all(Array.from({ length: 50 }, judge))).toEqual(
      Array.from({ length: 50 }, () => 'accepted'),
    );
    expect(asked()).toEqual(['list', 'list']);
    fetch.open();
    await refreshed(7);
    expect(await judge()).toBe('accepted');
    expect(asked()).toEqual([]);
    world.advance(22_499);
    expect(await judge()).toBe('accepted');
    expect(asked()).toEqual([]);
  });

  it('is a document, a key set or a DID document as well as a list', async () => {
    const { world, fetch, judge, asked, refreshed } = await start();
    await judge();
    world.advance(224_999);
    expect(await judge()).toBe('accepted');
    await refreshed(7);
    asked();
    fetch.close();
    world.advance(1);
    expect(await judge()).toBe('accepted');
    expect(asked().sort()).toEqual(['did', 'document', 'jwks']);
  });

  it('gives way to what the network has, for the next question', async () => {
    const { world, judge, refreshed } = await start();
    await judge();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.advance(23 * second);
    expect(await judge()).toBe('accepted');
    await refreshed(7);
    expect(await judge()).toBe('status-revoked');
  });

  it('is left alone when nobody reads it', async () => {
    const { world, judge, asked } = await start();
    await judge();
    asked();
    world.advance(29 * second);
    await settled();
    world.advance(10 * minute);
    await settled();
    expect(asked()).toEqual([]);
  });

  it('goes back to the origin before it answers when it is in doubt', async () => {
    const { world, fetch, judge, asked } = await start();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    expect(await judge()).toBe('status-suspended');
    world.advance(23 * second);
    await world.publishList({ purpose: 'suspension' });
    fetch.options.length = 0;
    asked();
    expect(await judge()).toBe('accepted');
    const revalidated = fetch.options.filter(({ revalidate }) => revalidate === true);
    expect(revalidated).toHaveLength(4);
  });

  it('is not replaced by an answer that was asked for before a doubt, and came after it', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let slow = false;
    const { world, judge } = await start((inner) =>
      Object.assign(
        async (...asked: Parameters<Fetch>) => {
          const answer = await inner(...asked);
          if (slow && asked[1].revalidate !== true) await released;
          return answer;
        },
        { allowLoopback: false },
      ),
    );
    await judge();
    world.advance(220 * second);
    expect(await judge()).toBe('accepted');
    world.advance(10 * second);
    slow = true;
    expect(await judge()).toBe('accepted');
    await settled();
    const { revocationList, suspensionList, tokenList } = world;
    const status = { revocationList, suspensionList, tokenList, index: 7 };
    await world.publish({ jwt: await world.issue({ status }) });
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    slow = false;
    world.advance(35 * second);
    const startedAt = performance.now();
    // The list is read anew, the passport at hand turns out revoked, and its successor is read.
    expect(await judge()).toBe('accepted');
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(world.fetch.options.filter(({ revalidate }) => revalidate === true)).toHaveLength(2);
    release();
    await settled();
    world.serve(world.clientId, 'hang-up');
    expect(await judge()).toBe('accepted');
  });
});

describe('a list that is near its end', () => {
  it('is not replaced by one that was asked for before a doubt, and came after it', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const world = await createPaperWorld();
    const { suspensionList: at, index } = world;
    let lifted = Promise.resolve();
    const validFrom = new Date(world.clock() + 10 * second);
    const fetch = Object.assign(
      async (...asked: Parameters<Fetch>) => {
        const [url, { revalidate }] = asked;
        if (revalidate === true) {
          await lifted;
          world.advance(1);
          return world.fetch(...asked);
        }
        const answer = await world.fetch(...asked);
        if (url === at && world.clock() >= validFrom.getTime()) {
          // The suspension ends within the millisecond in which the list was signed before.
          lifted = world.publishList({ purpose: 'suspension', validFrom });
          await released;
        }
        return answer;
      },
      { allowLoopback: false },
    );
    const verifier = createVerifier({ ...world.options(), fetch });
    const judge = async () => {
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    await world.publishList({ purpose: 'suspension', set: [index] });
    expect(await judge()).toBe('status-suspended');
    world.advance(23 * second);
    await world.publishList({ purpose: 'suspension', set: [index], validFrom });
    expect(await judge()).toBe('accepted');
    release();
    await settled();
    world.serve(at, 'hang-up');
    expect(await judge()).toBe('accepted');
  });
});

describe('a refresh that fails', () => {
  it.each([
    ['gets no answer', 'hang-up'],
    ['gets an error', { status: 503, body: '' }],
    ['gets a page that says no', { status: 404, body: '' }],
    ['gets a document that is invalid', { body: '{"not":"it"}' }],
  ] as const)('changes nothing until the copy ends: it %s', async (_what, answer) => {
    const { world, judge } = await start();
    await judge();
    for (const url of [world.clientId, world.didUrl, world.jwksUri]) world.serve(url, answer);
    world.advance(4 * minute);
    await resign(world);
    for (let elapsed = 4 * minute; elapsed < 5 * minute; elapsed += 10 * second) {
      expect(await judge()).toBe('accepted');
      await settled();
      world.advance(10 * second);
    }
    expect(await judge()).not.toBe('accepted');
  });

  it('G-18 changes nothing when the list that came is invalid', async () => {
    const { world, judge } = await start();
    await judge();
    world.serve(world.revocationList, { body: 'not a list' });
    world.advance(23 * second);
    expect(await judge()).toBe('accepted');
    await settled();
    expect(await judge()).toBe('accepted');
  });

  it('is tried again, four times for one copy', async () => {
    const { world, judge, asked } = await start();
    await judge();
    world.serve(world.didUrl, 'hang-up');
    world.advance(225 * second);
    await resign(world);
    await judge();
    await settled();
    asked();
    for (let elapsed = 226; elapsed < 300; elapsed += 1) {
      world.advance(second);
      expect(await judge()).toBe('accepted');
      await settled();
    }
    expect(asked().filter((place) => place === 'did')).toHaveLength(3);
  });

  it('is no unhandled rejection, and no reason to stop, when the port is broken', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    let broken = false;
    const { world, judge } = await start((inner) =>
      Object.assign(
        (...asked: Parameters<Fetch>) => {
          if (broken) throw new Error('broken');
          return inner(...asked);
        },
        { allowLoopback: false },
      ),
    );
    await judge();
    broken = true;
    world.advance(29 * second);
    expect(await judge()).toBe('accepted');
    await settled();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('steady traffic', () => {
  it('never waits for the network once it is warm', { timeout: 60_000 }, async () => {
    const { world, fetch, judge, asked, refreshed: all } = await start();
    await judge();
    asked();
    const late = Symbol('late');
    const patience = () =>
      new Promise<typeof late>((resolve) => setTimeout(() => resolve(late), 5_000));
    let refreshed = 0;
    for (let elapsed = 1; elapsed <= 900; elapsed += 1) {
      world.advance(second);
      if (elapsed % 300 === 0) await resign(world);
      fetch.close();
      const answer = await Promise.race([judge(), patience()]);
      fetch.open();
      expect([elapsed, answer]).toEqual([elapsed, 'accepted']);
      const count = asked().length;
      refreshed += count;
      if (count > 0) await all(5 + refreshed);
    }
    // Two lists every 23 seconds, three documents every 225.
    expect(refreshed).toBeGreaterThanOrEqual(2 * 39 + 3 * 3);
    expect(refreshed).toBeLessThanOrEqual(2 * 41 + 3 * 4);
  });
});

describe('a question', () => {
  it('waits for a refresh that is under way no longer than its own five seconds', async () => {
    const { world, fetch, judge } = await start();
    await judge();
    world.advance(29 * second);
    fetch.close();
    await judge();
    world.advance(32 * second);
    const startedAt = performance.now();
    expect(await judge()).toBe('status-unavailable');
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    fetch.open();
  });
});

describe('invalidate, once more while the origin is asked', () => {
  it.each(['clientId', 'revocationList'] as const)(
    'does not believe what it said before: %s',
    async (place) => {
      const world = await createPaperWorld();
      let release = () => {};
      let held = Promise.resolve();
      const fetch = Object.assign(
        async (...asked: Parameters<Fetch>) => {
          const answer = await world.fetch(...asked);
          await held;
          return answer;
        },
        { allowLoopback: false },
      );
      const verifier = createVerifier({ ...world.options(), fetch });
      const judge = async () => {
        const { outcome, reason } = await verifier.verifyClient(world.clientId);
        return reason ?? outcome;
      };
      await judge();
      world.fetch.asked.length = 0;
      held = new Promise((resolve) => {
        release = resolve;
      });
      verifier.invalidate(world[place]);
      const first = judge();
      while (!world.fetch.asked.includes(world[place])) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      verifier.invalidate(world[place]);
      release();
      expect(await first).toBe('accepted');
      world.serve(world[place], 'hang-up');
      expect(await judge()).toMatch(/^(?:fetch-failed|status-unavailable)$/);
    },
  );
});
