import { describe, expect, it } from 'vitest';
import { buildDidDocument } from '../../../src/protocol/did-document.ts';
import type { CachedResponse, Fetch } from '../../../src/verifier/index.ts';
import { createIssuers } from '../../../src/verifier/resolve/did-web.ts';
import type { ListRequest } from '../../../src/verifier/resolve/held-list.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import { createSignatures } from '../../../src/verifier/resolve/signatures.ts';
import { createStatusLists } from '../../../src/verifier/resolve/status-list.ts';
import { taken } from '../../protocol/rules.ts';
import { entryOf } from '../support/cache-world.ts';
import { createKey, createPaperWorld } from '../support/paper-world.ts';
import { publishCrafted } from '../support/status-papers.ts';

/** Lists of a world whose network can be slow: what it answers is settled when it is asked. */
async function start() {
  const world = await createPaperWorld();
  const { clock } = world;
  const waiting: (() => void)[] = [];
  const network = { slow: false };
  const fetch = Object.assign(
    async (...asking: Parameters<Fetch>) => {
      const answer = await world.fetch(...asking);
      if (network.slow) await new Promise<void>((resolve) => waiting.push(resolve));
      return answer;
    },
    { allowLoopback: false },
  );
  const entries = new Map<string, CachedResponse>();
  const cache = {
    get: (url: string) => entries.get(url),
    set: () => undefined,
    delete: () => undefined,
  };
  const shared = createSharedCopies({ cache, clock });
  const refreshAhead = new RefreshAhead();
  const octets = createOctets({ fetch, clock, shared, refreshAhead });
  const issuers = createIssuers(octets);
  const signatures = createSignatures();
  const lists = createStatusLists({ fetch, clock, issuers, signatures, shared, refreshAhead });
  const who = { did: world.issuer, plainLoopback: false };
  const readIssuer = async () => {
    const document = await issuers.document({ ...who, deadline: Date.now() + 5_000 });
    if (!document.ok) throw new Error('the issuer is there');
    return taken(document.value);
  };
  const issuerDocument = await readIssuer();
  world.fetch.asked.length = 0;
  world.fetch.options.length = 0;
  const read = async (changes: Partial<ListRequest> = {}) =>
    lists.read({
      ...who,
      url: world.revocationList,
      format: 'bitstring',
      issuerDocument,
      deadline: Date.now() + 5_000,
      maxAgeMs: 60_000,
      staleMs: 0,
      ...changes,
    });
  /** The document of the issuer once its key has an end. */
  const endKey = async (end: Date) => {
    const { issuer: did, issuerKey } = world;
    const { jwk } = issuerKey;
    const kid = world.kidOf(issuerKey);
    const built = buildDidDocument({
      did,
      keys: [{ kid, jwk, relationships: ['assertionMethod'] }],
    });
    const [method] = built.verificationMethod ?? [];
    const verificationMethod = [{ ...method, expires: end.toISOString() }];
    world.serveJson(world.didUrl, { ...built, verificationMethod });
    octets.drop(world.didUrl);
    const ended = await readIssuer();
    world.fetch.options.length = 0;
    return ended;
  };
  return {
    world,
    lists,
    entries,
    network,
    read,
    issuerDocument,
    endKey,
    /** The bit of the world's passport in the list that is read. */
    async status(changes: Partial<ListRequest> = {}) {
      const reading = await read(changes);
      return reading.ok ? reading.list.read(world.index) : reading.rule;
    },
    publish: (...set: readonly number[]) => world.publishList({ purpose: 'revocation', set }),
    onTheWay: (count: number) => expect.poll(() => waiting.length, { interval: 1 }).toBe(count),
    /** Has every answer arrive that is on its way, and its reader done with it. */
    async arrive() {
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => setTimeout(resolve, 40));
    },
  };
}

describe('a read of a list that is under way', () => {
  it('is shared by all who ask meanwhile, whatever comes of it', async () => {
    const { world, status } = await start();
    world.serve(world.revocationList, { status: 404, body: '' });
    expect(await Promise.all([status(), status()])).toEqual(['http-404', 'http-404']);
    expect(world.fetch.asked).toEqual([world.revocationList]);
  });

  it('is begun anew for who has more time than it was given', async () => {
    const { world, status, publish } = await start();
    world.serve(world.revocationList, 'silence');
    const hasty = status({ deadline: Date.now() + 40 });
    await expect.poll(() => world.fetch.asked.length, { interval: 1 }).toBe(1);
    const patient = status();
    await publish(world.index);
    expect(await hasty).toBe('fetch-timeout');
    expect(await patient).toBe(1);
    expect(world.fetch.asked).toHaveLength(2);
  });

  it('keeps nobody beyond his own deadline', async () => {
    const { status, network, onTheWay, arrive } = await start();
    network.slow = true;
    const patient = status();
    await onTheWay(1);
    expect(await status({ deadline: Date.now() + 10 })).toBe('fetch-timeout');
    await arrive();
    expect(await patient).toBe(0);
  });

  it('and was dropped is held for nobody', async () => {
    const { world, lists, status, network, publish, onTheWay, arrive } = await start();
    network.slow = true;
    const first = status();
    await onTheWay(1);
    lists.drop(world.revocationList);
    await publish(world.index);
    const second = status();
    await onTheWay(2);
    await arrive();
    expect([await first, await second]).toEqual([0, 1]);
    expect(await status()).toBe(1);
    expect(world.fetch.asked).toHaveLength(2);
  });

  it('and was dropped is held for nobody, though nobody asked since', async () => {
    const { world, lists, status, network, onTheWay, arrive } = await start();
    network.slow = true;
    const first = status();
    await onTheWay(1);
    lists.drop(world.revocationList);
    await arrive();
    expect(await first).toBe(0);
    expect(lists.suspect(world.revocationList, 0)).toBe(false);
    network.slow = false;
    world.serve(world.revocationList, 'hang-up');
    expect(await status()).toBe('fetch-failed');
  });
});

describe('a refresh of a list in the background', () => {
  async function begin() {
    const place = await start();
    const { world, status, network, publish, onTheWay } = place;
    expect(await status()).toBe(0);
    world.advance(25_000);
    network.slow = true;
    await publish();
    expect(await status()).toBe(0);
    await onTheWay(1);
    world.advance(1);
    await publish(world.index);
    return place;
  }

  it('asks as usual, and is not taken for the answer to a doubt that arose since', async () => {
    const { world, lists, status, onTheWay, arrive } = await begin();
    expect(lists.suspect(world.revocationList, 0)).toBe(true);
    const doubting = status();
    await onTheWay(2);
    await arrive();
    expect(await doubting).toBe(1);
    const revalidate = world.fetch.options.map((asking) => asking.revalidate);
    expect(revalidate).toEqual([undefined, undefined, true]);
  });

  it('that comes while a doubt is open leaves it open', async () => {
    const { world, lists, status, network, arrive } = await begin();
    lists.suspect(world.revocationList, 0);
    network.slow = false;
    await arrive();
    expect(await status()).toBe(1);
    expect(world.fetch.asked).toHaveLength(3);
  });

  it('that comes after a later answer does not replace it', async () => {
    const { world, lists, status, network, arrive } = await begin();
    lists.suspect(world.revocationList, 0);
    network.slow = false;
    expect(await status()).toBe(1);
    await arrive();
    expect(await status()).toBe(1);
    expect(world.fetch.asked).toHaveLength(3);
  });

  it('replaces the list when it comes by itself', async () => {
    const { world, read, network, arrive } = await begin();
    network.slow = false;
    await arrive();
    await expect.poll(read).toMatchObject({ ok: true, ageMs: 1 });
    expect(world.fetch.asked).toHaveLength(2);
  });
});

describe('the order of lists', () => {
  it('is kept against the network: an older one is stale, and says so', async () => {
    const { world, lists, status, publish } = await start();
    await publish();
    const older = world.fetch.answers.get(world.revocationList) ?? 'hang-up';
    world.advance(1);
    await publish(world.index);
    expect(await status()).toBe(1);
    lists.drop(world.revocationList);
    world.serve(world.revocationList, older);
    expect(await status()).toBe('list-older-than-seen');
  });

  it('is no matter of an instant: a list of the same instant as the last is taken', async () => {
    const { world, lists, status, publish } = await start();
    await publish();
    expect(await status()).toBe(0);
    lists.drop(world.revocationList);
    await publish(world.index);
    expect(await status()).toBe(1);
  });
});

describe('a list that has ended', () => {
  it.each<[string, 'hang-up' | { readonly body: string }, string]>([
    ['is what is said when no other can be had', 'hang-up', 'list-expired'],
    ['is not what is said of another that is none', { body: 'no list' }, 'list-format'],
  ])('%s', async (_what, answer, rule) => {
    const { world, status } = await start();
    const validUntil = new Date(world.clock() + 10_000);
    await world.publishList({ purpose: 'revocation', validUntil });
    expect(await status()).toBe(0);
    world.advance(10_000);
    world.serve(world.revocationList, answer);
    expect(await status()).toBe(rule);
  });
});

describe('a doubt about a list', () => {
  it('is none when no list is held', async () => {
    const { world, lists } = await start();
    expect(lists.suspect(world.revocationList, 0)).toBe(false);
    expect(lists.suspect(world.revocationList, 0)).toBe(false);
  });

  it('is settled by the origin alone, and by none of the copies that are shared', async () => {
    const { world, lists, entries, status, publish } = await start();
    expect(await status()).toBe(0);
    world.advance(1);
    entries.set(world.revocationList, entryOf(world, world.revocationList));
    await publish(world.index);
    lists.suspect(world.revocationList, 0);
    expect(await status()).toBe(1);
  });
});

describe('the room for lists', () => {
  it('is 64 MiB, of which a list takes its bits and its octets', async () => {
    const { world, status } = await start();
    const bits = new Uint8Array(16 * 1_024 * 1_024);
    const at = (index: number) => `${world.origin}/status/big-${index}`;
    for (const index of [0, 1, 2, 3]) {
      await publishCrafted(world, { at: at(index), bits });
      expect(await status({ url: at(index) })).toBe(0);
    }
    await status({ url: at(3) });
    expect(world.fetch.asked).toHaveLength(4);
    await status({ url: at(0) });
    expect(world.fetch.asked).toHaveLength(5);
  });
});

describe('a confirmation of a list', () => {
  it('is of the list that is held, for as long as the key is in force that signed it', async () => {
    const { world, status, endKey } = await start();
    await world.publishList({ purpose: 'revocation', headers: { etag: '"1"' } });
    const issuerDocument = await endKey(new Date(world.clock() + 60_000));
    expect(await status({ issuerDocument })).toBe(0);
    world.advance(40_000);
    expect(await status({ issuerDocument })).toBe(0);
    world.advance(40_000);
    expect(await status({ issuerDocument, maxAgeMs: 30_000 })).toBe('key-expired');
    expect(world.fetch.options.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([
      undefined,
      '"1"',
      '"1"',
    ]);
  });

  it('is not asked for by who has other keys of the issuer', async () => {
    const { world, status, issuerDocument } = await start();
    await world.publishList({ purpose: 'revocation', headers: { etag: '"1"' } });
    expect(await status()).toBe(0);
    expect(await status({ issuerDocument: { ...issuerDocument } })).toBe(0);
    expect(world.fetch.options.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is none when nothing is held', async () => {
    const { world, status } = await start();
    world.serve(world.revocationList, { status: 304, body: '' });
    expect(await status()).toBe('http-304');
  });
});

describe('a list whose time has not come', () => {
  it.each([
    [60_000, 0],
    [60_001, 'list-not-yet-valid'],
  ])('by %i ms: %s', async (ms, expected) => {
    const { world, status } = await start();
    const validFrom = new Date(world.clock() + ms);
    await world.publishList({ purpose: 'revocation', validFrom });
    expect(await status()).toBe(expected);
  });
});

describe('a list whose issuer', () => {
  it('cannot be read is not found invalid, and one that does not list the key is', async () => {
    const { world, read } = await start();
    await publishCrafted(world, { key: await createKey() });
    const invalid = { ok: false, reason: 'status-invalid', rule: 'key-not-found' };
    expect(await read()).toEqual(invalid);
    world.advance(600_000);
    world.serve(world.didUrl, 'hang-up');
    await world.publishList({ purpose: 'revocation' });
    const unknown = { ok: false, reason: 'status-unavailable', rule: 'issuer-unresolvable' };
    expect(await read()).toEqual(unknown);
  });
});
