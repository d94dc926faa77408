import { describe, expect, it } from 'vitest';
import type { TrustPolicy } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';

const second = 1_000;
const minute = 60 * second;

async function start(policy?: (policy: TrustPolicy) => TrustPolicy) {
  const world = await createPaperWorld();
  const verifier = createVerifier(world.options(policy?.(world.policy)));
  const judge = async () => {
    const { outcome, reason } = await verifier.verifyClient(world.clientId);
    return reason ?? outcome;
  };
  return { world, verifier, judge };
}

/** How often each place was asked for since the last look. */
function look(world: PaperWorld) {
  const asked = world.fetch.asked.splice(0);
  world.fetch.options.splice(0);
  const count = (url: string) => asked.filter((other) => other === url).length;
  return {
    document: count(world.clientId),
    did: count(world.didUrl),
    jwks: count(world.jwksUri),
    lists: count(world.revocationList) + count(world.suspensionList),
  };
}

const none = { document: 0, did: 0, jwks: 0, lists: 0 };
const everything = { document: 1, did: 1, jwks: 1, lists: 2 };

describe('a warm verifier', () => {
  it('asks for everything once, and for nothing the second time', async () => {
    const { world, judge } = await start();
    expect(await judge()).toBe('accepted');
    expect(look(world)).toEqual(everything);
    expect(await judge()).toBe('accepted');
    expect(look(world)).toEqual(none);
  });

  it('asks once for 500 questions at a time', async () => {
    const { world, judge } = await start();
    const answers = await Promise.all(Array.from({ length: 500 }, judge));
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    expect(look(world)).toEqual(everything);
  });

  it('remembers facts, never decisions: a policy is asked every time', async () => {
    const { world, judge } = await start();
    expect(await judge()).toBe('accepted');
    world.advance(6 * 86_400_000 + minute);
    await world.publishList({ purpose: 'revocation' });
    await world.publishList({ purpose: 'suspension' });
    expect(await judge()).toBe('expired');
  });
});

describe('documents', () => {
  it.each([
    ['their max-age', { 'cache-control': 'public, max-age=300' }, 300],
    ['their max-age less the age they came with', { age: '280' }, 20],
    ['at least five seconds, however old they came', { age: '4000' }, 5],
    ['ten minutes at most', { 'cache-control': 'max-age=31536000' }, 600],
    ['five seconds when they say nothing', { 'cache-control': '' }, 5],
    ['their max-age, whatever s-maxage says', { 'cache-control': 's-maxage=500, max-age=60' }, 60],
    ['their max-age when they are private', { 'cache-control': 'private, max-age=60' }, 60],
  ])('are reused for %s', async (_what, headers, seconds) => {
    const judgeAfter = async (ms: number) => {
      const { world, judge } = await start();
      world.serveJson(world.didUrl, JSON.parse(bodyAt(world, world.didUrl)), headers);
      expect(await judge()).toBe('accepted');
      world.serve(world.didUrl, 'hang-up');
      world.advance(ms);
      return judge();
    };
    expect(await judgeAfter(seconds * second - 1)).toBe('accepted');
    expect(await judgeAfter(seconds * second)).toBe('issuer-unresolvable');
  });

  it.each(['no-store', 'no-cache', 'private, no-store, max-age=300', 'no-cache="set-cookie"'])(
    'are asked for each time under %j',
    async (control) => {
      const { world, judge } = await start();
      const json = JSON.parse(bodyAt(world, world.didUrl));
      world.serveJson(world.didUrl, json, { 'cache-control': control });
      expect(await judge()).toBe('accepted');
      look(world);
      expect(await judge()).toBe('accepted');
      expect(look(world).did).toBeGreaterThan(0);
    },
  );

  it.each([
    ['no-cache', '"1"'],
    ['no-store', undefined],
  ])('under %s are asked for by the entity tag of what is held: %s', async (control, etag) => {
    const { world, judge } = await start();
    const json = JSON.parse(bodyAt(world, world.clientId));
    world.serveJson(world.clientId, json, { 'cache-control': control, etag: '"1"' });
    await judge();
    look(world);
    await judge();
    const at = world.fetch.asked.indexOf(world.clientId);
    expect(world.fetch.options[at]?.ifNoneMatch).toBe(etag);
    expect(world.fetch.options[at]?.revalidate).toBe(etag === undefined ? undefined : true);
  });

  it('stay readable for the host under no-store, once they were read for a client', async () => {
    const { world, verifier, judge } = await start();
    const json = JSON.parse(bodyAt(world, world.didUrl));
    world.serveJson(world.didUrl, json, { 'cache-control': 'no-store' });
    expect(await verifier.read(world.didUrl)).toMatchObject({ ok: false, failure: 'blocked' });
    await judge();
    expect(await verifier.read(world.didUrl)).toMatchObject({ ok: true });
  });

  it('are confirmed by their entity tag', async () => {
    const { world, judge } = await start();
    const json = JSON.parse(bodyAt(world, world.clientId));
    world.serveJson(world.clientId, json, { etag: '"v1"' });
    await judge();
    world.advance(6 * minute);
    world.fetch.options.splice(0);
    world.fetch.asked.splice(0);
    await republishLists(world);
    expect(await judge()).toBe('accepted');
    const at = world.fetch.asked.indexOf(world.clientId);
    expect(world.fetch.options[at]).toMatchObject({ ifNoneMatch: '"v1"' });
  });

  it('are fresh again for as long as the confirmation says', async () => {
    const { world, judge } = await start();
    const json = JSON.parse(bodyAt(world, world.didUrl));
    world.serveJson(world.didUrl, json, { etag: '"v1"', age: '290' });
    await judge();
    world.serve(world.didUrl, { status: 304, headers: { age: '60' }, body: '' });
    world.advance(10 * second);
    expect(await judge()).toBe('accepted');
    world.serve(world.didUrl, 'hang-up');
    world.advance(240 * second - 1);
    expect(await judge()).toBe('accepted');
    world.advance(1);
    expect(await judge()).toBe('issuer-unresolvable');
  });

  it('are not there when a host confirms what nobody holds', async () => {
    const { world, judge } = await start();
    world.serve(world.clientId, { status: 304, headers: { etag: '"v1"' }, body: '' });
    expect(await judge()).toBe('fetch-failed');
    await world.publish();
    world.serve(world.revocationList, { status: 304, body: '' });
    expect(await judge()).toBe('status-unavailable');
  });

  it.each([404, 410, 500, 503])('are asked for again after status %i', async (status) => {
    const { world, judge } = await start();
    world.serve(world.clientId, { status, headers: { 'cache-control': 'max-age=600' }, body: '' });
    expect(await judge()).toBe('fetch-failed');
    await world.publish();
    expect(await judge()).toBe('accepted');
  });

  it('are not used past their time when their host is away', async () => {
    const { world, judge } = await start();
    await judge();
    world.serve(world.clientId, 'hang-up');
    world.advance(4 * minute);
    await republishLists(world);
    expect(await judge()).toBe('accepted');
    world.advance(2 * minute);
    expect(await judge()).toBe('fetch-failed');
  });

  it('are unusable, not eternal, when the clock goes backwards', async () => {
    const { world, judge } = await start();
    await judge();
    look(world);
    world.advance(-second);
    await judge();
    expect(look(world)).toEqual(everything);
  });

  it('that are invalid are not kept', async () => {
    const { world, judge } = await start();
    await world.publish({ core: { ...world.core, client_secret: 'hush' } });
    expect(await judge()).toBe('document-invalid');
    await world.publish();
    expect(await judge()).toBe('accepted');
  });
});

describe('invalidate', () => {
  it('drops a document, a key set, or a list at once', async () => {
    const { world, verifier, judge } = await start();
    await judge();
    look(world);
    for (const [url, asked] of [
      [world.clientId, { ...none, document: 1, jwks: 1 }],
      [world.jwksUri, { ...none, jwks: 1 }],
      [world.didUrl, { ...none, did: 1, lists: 2 }],
      [world.revocationList, { ...none, lists: 1 }],
    ] as const) {
      verifier.invalidate(url);
      expect(await judge()).toBe('accepted');
      expect(look(world)).toEqual(asked);
    }
  });

  it('has caches on the way go back to the origin, until it has answered', async () => {
    const { world, verifier, judge } = await start();
    await judge();
    look(world);
    const places = [world.clientId, world.revocationList];
    for (const url of places) verifier.invalidate(url);
    for (const url of places) world.serve(url, { status: 503, body: '' });
    expect(await judge()).toBe('fetch-failed');
    await world.publish();
    expect(await judge()).toBe('status-unavailable');
    await world.publishList({ purpose: 'revocation' });
    expect(await judge()).toBe('accepted');
    const expected = [...places, ...places, world.jwksUri].sort();
    expect([...world.fetch.asked].sort()).toEqual(expected);
    expect(world.fetch.options.every(({ revalidate }) => revalidate === true)).toBe(true);
    world.advance(301 * second);
    look(world);
    await judge();
    expect(world.fetch.options.some(({ revalidate }) => revalidate === true)).toBe(false);
  });

  it('is not undone by an answer that was under way', async () => {
    const { world, verifier, judge } = await start();
    const first = judge();
    while (!world.fetch.asked.includes(world.clientId)) {
      await Promise.resolve();
    }
    verifier.invalidate(world.clientId);
    expect(await first).toBe('accepted');
    look(world);
    await judge();
    expect(look(world)).toMatchObject({ document: 1 });
  });
});

describe('a finding that an old copy may have caused', () => {
  it('is checked against the origin once: a passport that was superseded', async () => {
    const { world, judge } = await start();
    await judge();
    world.advance(31 * second);
    const status = {
      revocationList: world.revocationList,
      suspensionList: world.suspensionList,
      tokenList: world.tokenList,
      index: 7,
    };
    await world.publish({ jwt: await world.issue({ status }) });
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    look(world);
    expect(await judge()).toBe('accepted');
    expect(look(world)).toMatchObject({ document: 1 });
  });

  it('is checked against the origin once: a passport that was renewed', async () => {
    const { world, judge } = await start();
    await world.publish({
      jwt: await world.issue({ validUntil: new Date(world.clock() + 10 * second) }),
    });
    expect(await judge()).toBe('accepted');
    world.advance(80 * second);
    await world.publish();
    await republishLists(world);
    look(world);
    expect(await judge()).toBe('accepted');
    expect(look(world)).toMatchObject({ document: 1 });
  });

  it('stands when the origin confirms it, and costs one question', async () => {
    const { world, judge } = await start();
    await judge();
    world.advance(31 * second);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    look(world);
    expect(await judge()).toBe('status-revoked');
    expect(look(world)).toEqual({ document: 1, did: 0, jwks: 1, lists: 2 });
  });

  it.each([
    ['is withdrawn', { status: 410, body: '' }],
    ['cannot be reached', 'hang-up'],
  ] as const)('stands when the document %s', async (_what, answer) => {
    const { world, judge } = await start();
    await judge();
    world.advance(31 * second);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.fetch.answers.set(world.clientId, answer);
    expect(await judge()).toBe('status-revoked');
    expect(await judge()).toBe('status-revoked');
    world.advance(2 * second);
    expect(await judge()).toBe('status-revoked');
  });

  it('lifts a suspension at once that has ended', async () => {
    const { world, judge } = await start();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    expect(await judge()).toBe('status-suspended');
    world.advance(2 * second);
    await world.publishList({ purpose: 'suspension' });
    expect(await judge()).toBe('accepted');
  });

  it('asks caches on the way to go back to the origin', async () => {
    const { world, judge } = await start();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    await judge();
    world.advance(2 * second);
    look(world);
    await judge();
    const revalidated = world.fetch.options.filter(({ revalidate }) => revalidate === true);
    expect(revalidated.length).toBe(world.fetch.asked.length);
  });

  it('is believed when every copy is younger than a second', async () => {
    const { world, judge } = await start();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    await judge();
    world.advance(900);
    look(world);
    expect(await judge()).toBe('status-suspended');
    expect(look(world)).toEqual(none);
  });
});

describe('issuer keys', () => {
  it('that are younger than the copy of the DID document are found, once in 30 seconds', async () => {
    const { world, judge } = await start();
    await judge();
    const next = await createKey();
    await world.publish({ jwt: await world.sign(await world.passport(), { key: next }) });
    world.advance(5 * minute + second);
    await republishLists(world);
    world.serveJson(world.didUrl, JSON.parse(bodyAt(world, world.didUrl)));
    expect(await judge()).toBe('key-not-found');
    world.publishIssuer([world.issuerKey, next]);
    world.advance(29 * second);
    await republishLists(world);
    expect(await judge()).toBe('key-not-found');
    world.advance(2 * second);
    expect(await judge()).toBe('accepted');
  });

  it('that were withdrawn verify nothing from then on, lists included', async () => {
    const { world, verifier, judge } = await start();
    await judge();
    const next = await createKey();
    world.publishIssuer([next]);
    await world.publish({ jwt: await world.sign(await world.passport(), { key: next }) });
    verifier.invalidate(world.didUrl);
    verifier.invalidate(world.clientId);
    expect(await judge()).toBe('status-invalid');
  });
});

function bodyAt(world: PaperWorld, url: string): string {
  const answer = world.fetch.answers.get(url);
  return typeof answer === 'object' ? String(answer.body) : '';
}

async function republishLists(world: PaperWorld): Promise<void> {
  await world.publishList({ purpose: 'revocation' });
  await world.publishList({ purpose: 'suspension' });
}
