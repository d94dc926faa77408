import { describe, expect, it } from 'vitest';
import { createInspector, createMemoryCache, createVerifier } from '../../src/verifier/index.ts';
import { asked, entryOf, startWithCache as start, urlsOf } from './support/cache-world.ts';
import { createKey } from './support/paper-world.ts';
import { createRecordingCache } from './support/recording-cache.ts';

const second = 1_000;

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
    const { clientId, jwksUri, facetListing, revocationList } = world;
    for (const named of [[clientId, jwksUri, facetListing], [revocationList]]) {
      verifier.invalidate(named[0] ?? '');
      expect(cache.deleted).toEqual(named);
      for (const url of named) expect(cache.entries.has(url)).toBe(false);
      cache.deleted.length = 0;
    }
    asked(world);
    expect(await join().judge()).toBe('accepted');
    expect([...asked(world)].sort()).toEqual([clientId, jwksUri, revocationList]);
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
