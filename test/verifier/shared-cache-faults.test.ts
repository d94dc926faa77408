import { describe, expect, it } from 'vitest';
import type { CachedResponse, ResponseCache, VerifierOptions } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { asked, entryOf, startWithCache as start } from './support/cache-world.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { createRecordingCache } from './support/recording-cache.ts';

const second = 1_000;

describe('a shared cache that holds what is invalid', () => {
  const garbage = new TextEncoder().encode('{"garbage":');

  it.each(['clientId', 'didUrl', 'jwksUri', 'revocationList'] as const)(
    'G-18 counts as empty, and gets rid of it: %s',
    async (place) => {
      const { world, cache, judge } = await start(createRecordingCache());
      const url = world[place];
      cache.entries.set(url, entryOf(world, url, { body: garbage }));
      world.advance(1);
      expect(await judge()).toBe('accepted');
      expect(cache.deleted).toEqual([url]);
      expect(asked(world)).toContain(url);
      expect(cache.entries.get(url)).toEqual(entryOf(world, url));
    },
  );

  it("G-18 counts as empty when it is another DID's document", async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    const other = await createPaperWorld('https://other.example');
    cache.entries.set(world.didUrl, entryOf(other, other.didUrl));
    world.advance(1);
    expect(await judge()).toBe('accepted');
    expect(asked(world)).toContain(world.didUrl);
  });

  it('G-18 is not read in the place of a good copy at hand', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    world.advance(29 * second);
    world.fetch.answers.set(world.revocationList, 'hang-up');
    const entry = entryOf(world, world.suspensionList, { body: garbage });
    cache.entries.set(world.revocationList, entry);
    expect(await judge()).toBe('accepted');
    world.advance(2 * second);
    cache.entries.set(world.revocationList, { ...entry, fetchedAt: world.clock() });
    expect(await judge()).toBe('accepted');
    expect(cache.deleted).toContain(world.revocationList);
  });

  it('does not bring back an older list than one that was seen', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    const old = entryOf(world, world.revocationList);
    world.advance(5 * second);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    expect(await judge()).toBe('status-revoked');
    world.advance(31 * second);
    cache.entries.set(world.revocationList, { ...old, fetchedAt: world.clock() });
    expect(await judge()).toBe('status-revoked');
    expect(cache.deleted).toEqual([world.revocationList]);
    world.advance(61 * second);
    world.serve(world.revocationList, 'hang-up');
    cache.entries.set(world.revocationList, { ...old, fetchedAt: world.clock() });
    expect(await judge()).toBe('status-unavailable');
  });

  it('G-17 is not asked for the list of one issuer by another', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    const other = await createPaperWorld('https://other.example');
    await other.publishList({ purpose: 'revocation' });
    cache.entries.set(world.revocationList, entryOf(other, other.revocationList));
    world.advance(1);
    expect(await judge()).toBe('accepted');
    expect(asked(world)).toContain(world.revocationList);
  });
});

describe('a shared cache that does not work', () => {
  const entry = (world: PaperWorld, url: string) => entryOf(world, url);
  const broken = () => {
    throw new Error('broken');
  };

  it.each<[string, (world: PaperWorld, url: string) => unknown]>([
    ['null', () => null],
    ['a text', () => '{"keys":[]}'],
    ['an empty object', () => ({})],
    ['a list', () => []],
    ['no body', (world, url) => ({ ...entry(world, url), body: undefined })],
    ['a text for a body', (world, url) => ({ ...entry(world, url), body: 'x' })],
    ['numbers for a body', (world, url) => ({ ...entry(world, url), body: [1, 2, 3] })],
    [
      'a body beyond every cap',
      (world, url) => ({ ...entry(world, url), body: new Uint8Array(2_000_000) }),
    ],
    ['no headers', (world, url) => ({ ...entry(world, url), headers: null })],
    ['a map of headers', (world, url) => ({ ...entry(world, url), headers: new Map() })],
    ['a list of headers', (world, url) => ({ ...entry(world, url), headers: [] })],
    ['headers that are no texts', (world, url) => ({ ...entry(world, url), headers: { a: 1 } })],
    [
      'headers without end',
      (world, url) => ({ ...entry(world, url), headers: { a: 'x'.repeat(20_000) } }),
    ],
    ['no time', (world, url) => ({ ...entry(world, url), fetchedAt: undefined })],
    ['a text for a time', (world, url) => ({ ...entry(world, url), fetchedAt: '1795176000000' })],
    ['no number for a time', (world, url) => ({ ...entry(world, url), fetchedAt: Number.NaN })],
    ['the end of time', (world, url) => ({ ...entry(world, url), fetchedAt: 1 / 0 })],
    [
      'a time in the future',
      (world, url) => ({ ...entry(world, url), fetchedAt: world.clock() + 1 }),
    ],
    ['an error by a getter', () => Object.defineProperty({}, 'body', { get: broken })],
  ])('is empty when it gives %s', async (_what, give) => {
    const world = await createPaperWorld();
    const get = (url: string) => give(world, url) as CachedResponse;
    const cache = { ...createRecordingCache(), get };
    const verifier = createVerifier({ ...world.options(), cache });
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    expect(asked(world)).toHaveLength(5);
  });

  it.each<[string, Partial<ResponseCache>]>([
    ['throws', { get: broken, set: broken, delete: broken }],
    [
      'rejects',
      {
        get: () => Promise.reject(new Error('broken')),
        set: () => Promise.reject(new Error('broken')),
        delete: () => Promise.reject(new Error('broken')),
      },
    ],
  ])('is empty when it %s, and leaves no rejection behind', async (_what, methods) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { world, verifier, judge } = await start({ ...createRecordingCache(), ...methods });
    expect(await judge()).toBe('accepted');
    verifier.invalidate(world.clientId);
    expect(await judge()).toBe('accepted');
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(asked(world)).toHaveLength(7);
  });

  it('is empty when it does not answer, and is waited for 250 ms', async () => {
    const silence = () => new Promise<never>(() => {});
    const cache = { get: silence, set: silence, delete: silence };
    const { world, verifier, judge } = await start(cache);
    const startedAt = performance.now();
    expect(await judge()).toBe('accepted');
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(240);
    expect(tookMs).toBeLessThan(1_200);
    verifier.invalidate(world.clientId);
    expect(await judge()).toBe('accepted');
  });
});

describe('the option cache', () => {
  it.each([
    null,
    'redis://localhost',
    {},
    { get: () => undefined, set: () => undefined },
    { get: 1, set: 1, delete: 1 },
  ])('has to be a ResponseCache: %j', async (cache) => {
    const { fetch, policy } = await createPaperWorld();
    const options = { fetch, policy, cache } as unknown as VerifierOptions;
    expect(() => createVerifier(options)).toThrow(
      'createVerifier: cache must have get, set and delete, such as createMemoryCache()',
    );
  });
});
