import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/verifier/index.ts';
import { createMemoryCache, createVerifier } from '../../src/verifier/index.ts';
import { createCachingProxy } from './support/caching-proxy.ts';
import { createGatedFetch } from './support/gated-fetch.ts';
import { startHealthyRegistry } from './support/healthy-registry.ts';
import { createKey, type PaperWorld } from './support/paper-world.ts';

const second = 1_000;
const hour = 3_600 * second;

/** Numbers that look random and are the same each time. */
function createDice(seed: number): (from: number, to: number) => number {
  let state = seed;
  return (from, to) => {
    state = (state * 48_271) % 2_147_483_647;
    return from + (state % (to - from + 1));
  };
}

async function start({ proxied, shared = false }: { proxied: boolean; shared?: boolean }) {
  const registry = await startHealthyRegistry();
  const { world } = registry;
  const near = proxied ? createCachingProxy(world.fetch, world.clock) : world.fetch;
  const fetch = createGatedFetch(near);
  const cache = createMemoryCache({ maxBytes: 1_000_000 });
  const options = { ...world.options(), fetch, ...(shared ? { cache } : {}) };
  const verifier = createVerifier(options);
  const colleagues = [verifier, shared ? createVerifier(options) : verifier];
  const judge = async (clientId = world.clientId) => {
    const next = colleagues.shift() ?? verifier;
    colleagues.push(next);
    const verdict = await next.verifyClient(clientId);
    return { answer: verdict.reason ?? verdict.outcome, report: verdict.report };
  };
  /** What was begun in the background is over long before the next simulated second. */
  const pass = async (ms: number) => {
    if (fetch.asked.splice(0).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let left = ms; left > 0; left -= second) {
      await registry.pass(Math.min(left, second));
      if (proxied) await crowd(near, world);
    }
  };
  return { ...registry, pass, verifier, judge };
}

/** Everybody else who reads through the cache on the way: its copies are never quite new. */
async function crowd(fetch: Fetch, world: PaperWorld): Promise<void> {
  const { clientId, didUrl, jwksUri, revocationList, suspensionList } = world;
  const options = { accept: '*/*', maxBytes: 1_000_000, deadline: Date.now() + 5_000 };
  for (const url of [clientId, didUrl, jwksUri, revocationList, suspensionList]) {
    await fetch(url, options);
  }
}

describe('an hour with a registry that is healthy, behind a cache that adds Age', () => {
  it('has no verdict that is not what the registry says', { timeout: 60_000 }, async () => {
    const { world, pass, set, judge, secondClientId } = await start({ proxied: true });
    const dice = createDice(20_261_120);
    const beginning = world.clock();
    const answers = new Map<string, number>();
    const ages: number[] = [];
    let secondAt = 0;
    let superseded = false;
    let rolled = false;
    for (let elapsed = 0; elapsed < hour; elapsed = world.clock() - beginning) {
      if (!superseded && elapsed > 20 * 60 * second) {
        // A change that narrows: the new document first, then the old passport revoked.
        superseded = true;
        const { revocationList, suspensionList, tokenList } = world;
        const status = { revocationList, suspensionList, tokenList, index: 9 };
        await world.publish({ jwt: await world.issue({ status }) });
        await set('revocation', [world.index]);
      }
      if (!rolled && elapsed > 40 * 60 * second) {
        rolled = true;
        world.publishIssuer([world.issuerKey, await createKey()]);
      }
      const due = elapsed >= secondAt ? [world.clientId, secondClientId] : [world.clientId];
      if (due.length === 2) secondAt = elapsed + dice(120, 400) * second;
      for (const clientId of due) {
        const { answer, report } = await judge(clientId);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        ages.push(report.freshness.statusAgeS ?? Number.POSITIVE_INFINITY);
      }
      await pass(dice(1, 7) * second + dice(0, 999));
    }
    expect([...answers.keys()]).toEqual(['accepted']);
    expect(answers.get('accepted')).toBeGreaterThan(700);
    expect([superseded, rolled]).toEqual([true, true]);
    expect(Math.max(...ages)).toBeLessThanOrEqual(30);
  });

  it.each([
    ['G-05 shows a revocation within 60 seconds, whenever it is published', { shared: false }],
    ['G-05 shows it as soon to two verifiers that share a cache', { shared: true }],
  ])('%s', async (_what, { shared }) => {
    const delays: number[] = [];
    for (let offset = 0; offset < 60 * second; offset += 2_500) {
      const { world, pass, set, judge } = await start({ proxied: true, shared });
      const dice = createDice(1 + offset);
      const revokedAt = world.clock() + 40 * second + offset;
      while (world.clock() < revokedAt) {
        expect((await judge()).answer).toBe('accepted');
        await pass(Math.min(dice(500, 5_000), revokedAt - world.clock()));
      }
      await set('revocation', [world.index]);
      const both = async () => [(await judge()).answer, (await judge()).answer];
      while ((await both()).includes('accepted')) {
        expect(world.clock() - revokedAt).toBeLessThan(60 * second);
        await pass(second);
      }
      delays.push(world.clock() - revokedAt);
      expect(await both()).toEqual(['status-revoked', 'status-revoked']);
    }
    expect(delays).toHaveLength(24);
    // The age that the cache on the way adds counts: 30 seconds in all, and one or two until somebody asks.
    expect(Math.max(...delays)).toBeLessThanOrEqual(32 * second);
    expect(Math.max(...delays)).toBeGreaterThan(15 * second);
  });

  it.each([1, 20, 45, 59])(
    'shows it to who asks for the first time in a while, %i seconds after the last time',
    async (quiet) => {
      for (let offset = 0; offset < 30; offset += 3) {
        const { world, pass, set, judge } = await start({ proxied: true });
        await pass(offset * second);
        await judge();
        await set('revocation', [world.index]);
        await pass(quiet * second);
        await judge();
        await pass((60 - quiet) * second);
        expect((await judge()).answer).toBe('status-revoked');
      }
    },
  );
});

describe('without a cache on the way', () => {
  it('G-01, G-05: revocation shows within the ttl, to who asks every second', async () => {
    for (let offset = 0; offset < 30; offset += 1) {
      const { world, pass, set, judge } = await start({ proxied: false });
      for (let elapsed = 0; elapsed < offset; elapsed += 1) {
        await judge();
        await pass(second);
      }
      await judge();
      await set('revocation', [world.index]);
      const revokedAt = world.clock();
      let lastValid = revokedAt;
      while ((await judge()).answer === 'accepted') {
        lastValid = world.clock();
        await pass(second);
      }
      expect(lastValid - revokedAt).toBeLessThanOrEqual(32 * second);
    }
  });

  it('G-01 a suspension that ends is over within a second, and one ttl at most', async () => {
    const { world, pass, set, judge } = await start({ proxied: false });
    await set('suspension', [world.index]);
    expect((await judge()).answer).toBe('status-suspended');
    await set('suspension', []);
    await pass(second);
    expect((await judge()).answer).toBe('accepted');
  });

  it.each([
    ['revocation', 'revocationList', 'status-revoked'],
    ['suspension', 'suspensionList', 'status-suspended'],
  ] as const)('a %s shows at once to who is told of it', async (purpose, list, expected) => {
    for (let offset = 0; offset < 30; offset += 2) {
      const { world, pass, set, judge, verifier } = await start({ proxied: false });
      await judge();
      await pass(offset * second);
      expect((await judge()).answer).toBe('accepted');
      await set(purpose, [world.index]);
      verifier.invalidate(world[list]);
      expect((await judge()).answer).toBe(expected);
    }
  });
});

describe('with a cache on the way', () => {
  it('who is told of a revocation asks the origin, past that cache', async () => {
    const { world, pass, set, judge, verifier } = await start({ proxied: true });
    await judge();
    await pass(3 * second);
    await set('revocation', [world.index]);
    verifier.invalidate(world.revocationList);
    expect((await judge()).answer).toBe('status-revoked');
  });
});
