import { describe, expect, it } from 'vitest';
import type { CachedResponse, ResponseCache, VerifierOptions } from '../../src/verifier/index.ts';
import { createInspector, createMemoryCache, createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { createRecordingCache } from './support/recording-cache.ts';

const second = 1_000;

async function start<Cache extends ResponseCache>(cache: Cache) {
  const world = await createPaperWorld();
  const join = () => {
    const verifier = createVerifier({ ...world.options(), cache });
    const judge = async () => {
      const { outcome, reason } = await verifier.verifyClient(world.clientId);
      return reason ?? outcome;
    };
    return { verifier, judge };
  };
  return { world, cache, join, ...join() };
}

function urlsOf(world: PaperWorld): readonly string[] {
  const { clientId, didUrl, jwksUri, revocationList, suspensionList } = world;
  return [clientId, didUrl, jwksUri, revocationList, suspensionList];
}

function asked(world: PaperWorld): readonly string[] {
  return world.fetch.asked.splice(0);
}

function entryOf(world: PaperWorld, url: string, changes: Partial<CachedResponse> = {}) {
  const answer = world.fetch.answers.get(url);
  if (typeof answer !== 'object') throw new Error(`nothing is served at ${url}`);
  const { headers = {}, body } = answer;
  const octets = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return { headers, body: octets, fetchedAt: world.clock(), ...changes };
}

describe('a shared cache', () => {
  it('spares a second verifier every request', async () => {
    const { world, judge, join } = await start(createMemoryCache({ maxBytes: 1_000_000 }));
    expect(await judge()).toBe('accepted');
    expect([...asked(world)].sort()).toEqual([...urlsOf(world)].sort());
    world.advance(10 * second);
    expect(await join().judge()).toBe('accepted');
    expect(asked(world)).toEqual([]);
  });

  it('gets octets as they were fetched, by URL, and how long they are of use', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    expect([...cache.entries.keys()].sort()).toEqual([...urlsOf(world)].sort());
    for (const url of urlsOf(world)) {
      expect(cache.entries.get(url)).toEqual(entryOf(world, url));
    }
    expect(cache.usefulMs.get(world.didUrl)).toBe(300_000);
    expect(cache.usefulMs.get(world.revocationList)).toBe(30_000);
  });

  it('is asked for what is not at hand, and for nothing else', async () => {
    const { cache, judge } = await start(createRecordingCache());
    await judge();
    expect(cache.asked.splice(0)).toHaveLength(5);
    await judge();
    expect(cache.asked).toEqual([]);
  });

  it('gets the new time of what was confirmed, a list too', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    for (const url of urlsOf(world)) {
      const { headers, body } = entryOf(world, url);
      world.serve(url, { headers: { ...headers, etag: '"1"' }, body });
    }
    await judge();
    world.advance(301 * second);
    await judge();
    const ifNoneMatch = world.fetch.options.slice(5).map((options) => options.ifNoneMatch);
    expect(ifNoneMatch).toEqual(['"1"', '"1"', '"1"', '"1"', '"1"']);
    for (const url of urlsOf(world)) {
      expect(cache.entries.get(url)).toEqual(entryOf(world, url));
    }
  });

  it.each([
    ['a document', 'didUrl', 300, 'issuer-unresolvable'],
    ['a status list', 'revocationList', 30, 'status-unavailable'],
  ] as const)('has %s for as long as it is fresh, from when it was fetched', async (...row) => {
    const [, place, seconds, without] = row;
    const { world, cache, join } = await start(createRecordingCache());
    cache.entries.set(world[place], entryOf(world, world[place]));
    world.serve(world[place], 'hang-up');
    world.advance(seconds * second - 1);
    expect(await join().judge()).toBe('accepted');
    world.advance(1);
    expect(await join().judge()).toBe(without);
  });

  it('counts the age with which a copy came', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    const headers = { 'content-type': 'application/vc+jwt', age: '29' };
    cache.entries.set(world.revocationList, entryOf(world, world.revocationList, { headers }));
    world.advance(second);
    await judge();
    expect(asked(world)).toContain(world.revocationList);
  });

  it('is not used when it has nothing newer than what is at hand', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    world.advance(300 * second);
    for (const url of urlsOf(world)) {
      const headers = { ...entryOf(world, url).headers, 'cache-control': 'max-age=600' };
      cache.entries.set(url, entryOf(world, url, { headers, fetchedAt: world.clock() - 301_000 }));
    }
    asked(world);
    expect(await judge()).toBe('accepted');
    expect(asked(world)).toHaveLength(5);
  });

  it('is passed over while there is a doubt about a list, though it has a newer copy', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    expect(await judge()).toBe('status-suspended');
    world.advance(second);
    cache.entries.set(world.suspensionList, entryOf(world, world.suspensionList));
    world.advance(second);
    await world.publishList({ purpose: 'suspension' });
    expect(await judge()).toBe('accepted');
  });

  it('is passed over while there is a doubt about a document, though it has a newer copy', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    world.advance(40 * second);
    cache.entries.set(world.clientId, entryOf(world, world.clientId));
    const { revocationList, suspensionList, tokenList } = world;
    const status = { revocationList, suspensionList, tokenList, index: 7 };
    await world.publish({ jwt: await world.issue({ status }) });
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.advance(2 * second);
    expect(await judge()).toBe('accepted');
  });

  it.each(['private, max-age=300', 'no-store', 'no-cache'])(
    'gets nothing that came with %j',
    async (control) => {
      const { world, cache, judge } = await start(createRecordingCache());
      const { headers, body } = entryOf(world, world.didUrl);
      world.serve(world.didUrl, { headers: { ...headers, 'cache-control': control }, body });
      expect(await judge()).toBe('accepted');
      expect(cache.entries.has(world.clientId)).toBe(true);
      expect(cache.entries.has(world.didUrl)).toBe(false);
    },
  );

  it.each(['private', 'no-store'])('gets no list that came with %j', async (control) => {
    const { world, cache, judge } = await start(createRecordingCache());
    await world.publishList({ purpose: 'revocation', headers: { 'cache-control': control } });
    expect(await judge()).toBe('accepted');
    expect(cache.entries.has(world.suspensionList)).toBe(true);
    expect(cache.entries.has(world.revocationList)).toBe(false);
  });

  it('gets no errors, and nothing invalid', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    world.serve(world.revocationList, { body: 'not a list' });
    world.serve(world.suspensionList, { status: 404, body: '' });
    expect(await judge()).toBe('status-invalid');
    expect([...cache.entries.keys()]).toEqual([world.clientId, world.didUrl, world.jwksUri]);
    world.serveJson(world.jwksUri, { keys: 'none' });
    cache.entries.clear();
    const alone = createVerifier({ ...world.options(), cache });
    expect((await alone.verifyClient(world.clientId)).reason).toBe('document-invalid');
    expect([...cache.entries.keys()]).toEqual([world.clientId, world.didUrl]);
  });

  it('serves a host that reads the octets itself', async () => {
    const { world, verifier, join } = await start(createRecordingCache());
    await verifier.read(world.clientId);
    asked(world);
    expect(await join().verifier.read(world.clientId)).toMatchObject({ ok: true });
    expect(asked(world)).toEqual([]);
  });

  it('serves an inspector', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    asked(world);
    const { fetch, clock } = world;
    const inspector = createInspector({ fetch, clock, cache });
    expect(await inspector.inspectClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
    expect(asked(world)).toEqual([]);
  });

  it('is believed like the network about what is not signed: who writes to it speaks', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    const foreign = await createKey();
    await world.publish({ jwt: await world.sign(await world.passport(), { key: foreign }) });
    for (const purpose of ['revocation', 'suspension'] as const) {
      const url = purpose === 'revocation' ? world.revocationList : world.suspensionList;
      const { body } = entryOf(world, url);
      const [, payload = ''] = new TextDecoder().decode(body).split('.');
      const json = JSON.parse(Buffer.from(payload, 'base64url').toString());
      world.serve(url, { body: await world.sign(json, { key: foreign }) });
    }
    expect(await judge()).toBe('key-not-found');
    world.publishIssuer([foreign]);
    cache.entries.set(world.didUrl, entryOf(world, world.didUrl));
    world.publishIssuer([world.issuerKey]);
    const misled = createVerifier({ ...world.options(), cache });
    expect((await misled.verifyClient(world.clientId)).outcome).toBe('accepted');
  });
});

describe('a shared cache and a copy that is near its end', () => {
  it('does not answer by what was put there for that very copy', async () => {
    const { world, judge } = await start(createRecordingCache());
    await judge();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.advance(23 * second);
    expect(await judge()).toBe('accepted');
    await expect.poll(judge, { timeout: 5_000 }).toBe('status-revoked');
  });

  it('answers by what another verifier has refreshed already', async () => {
    const { world, cache, judge } = await start(createRecordingCache());
    await judge();
    world.advance(225 * second);
    for (const url of urlsOf(world)) cache.entries.set(url, entryOf(world, url));
    cache.asked.length = 0;
    asked(world);
    expect(await judge()).toBe('accepted');
    expect([...cache.asked].sort()).toEqual([...urlsOf(world)].sort());
    world.advance(76 * second);
    for (const url of urlsOf(world).slice(0, 3)) world.serve(url, 'hang-up');
    cache.entries.clear();
    expect(await judge()).toBe('accepted');
    expect(asked(world)).toEqual([world.revocationList, world.suspensionList]);
  });
});

describe('invalidate and a shared cache', () => {
  it('deletes the copy of everybody', async () => {
    const { world, cache, verifier, judge, join } = await start(createRecordingCache());
    await judge();
    for (const url of [world.clientId, world.revocationList]) {
      verifier.invalidate(url);
      expect(cache.deleted).toEqual([url]);
      expect(cache.entries.has(url)).toBe(false);
      cache.deleted.length = 0;
    }
    asked(world);
    expect(await join().judge()).toBe('accepted');
    expect(asked(world)).toEqual([world.clientId, world.revocationList]);
  });

  it('holds although the cache does not delete, or only later', async () => {
    const cache = createRecordingCache();
    const stubborn = { ...cache, delete: () => new Promise(() => {}) };
    const { world, verifier, judge } = await start(stubborn);
    await judge();
    world.advance(second);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.serve(world.clientId, 'hang-up');
    for (const url of urlsOf(world)) verifier.invalidate(url);
    expect(await judge()).toBe('fetch-failed');
    await world.publish();
    expect(await judge()).toBe('status-revoked');
  });
});

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
    expect(asked(world)).toHaveLength(6);
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
