import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type TestKey } from './support/paper-world.ts';

const second = 1_000;
const minute = 60 * second;

async function start(maxAgeS = 86_400) {
  const world = await createPaperWorld();
  const headers = { 'cache-control': `public, max-age=${maxAgeS}` };
  const publish = (...keys: readonly TestKey[]) => world.publishIssuer(keys, headers);
  publish(world.issuerKey);
  const verifier = createVerifier(world.options());
  const judge = async (key: TestKey = world.issuerKey) => {
    const jwt = await world.sign(await world.passport(), { key });
    const { outcome, reason } = await verifier.verifyCredential(jwt);
    return reason ?? outcome;
  };
  const wait = async (ms: number) => {
    world.advance(ms);
    await world.publishList({ purpose: 'revocation' });
    await world.publishList({ purpose: 'suspension' });
  };
  /** How often the DID document was asked for since the last look. */
  const looked = () => world.fetch.asked.splice(0).filter((url) => url === world.didUrl).length;
  const away = (status: number) => world.serve(world.didUrl, { status, body: '' });
  expect(await judge()).toBe('accepted');
  expect(looked()).toBe(1);
  return { world, verifier, publish, judge, wait, looked, away };
}

describe("the copy of an issuer's document", () => {
  it.each([
    [86_400, 10 * minute, 503],
    [86_400, 10 * minute, 404],
    [601, 10 * minute, 410],
    [300, 5 * minute, 404],
    [300, 5 * minute, 410],
    [300, 5 * minute, 503],
    [0, 5 * second, 404],
  ])(
    'E-12, E-15: with a max-age of %i seconds is used for %i ms, though its place answers %i',
    async (maxAgeS, usedMs, status) => {
      const { judge, wait, away } = await start(maxAgeS);
      away(status);
      await wait(usedMs - 1);
      expect(await judge()).toBe('accepted');
      await wait(1);
      expect(await judge()).toBe('issuer-unresolvable');
    },
  );

  it('E-12 is dropped at once by who is told that the identity was given up', async () => {
    const { world, verifier, judge, looked, away } = await start();
    away(410);
    expect([await judge(), looked()]).toEqual(['accepted', 0]);
    verifier.invalidate(world.didUrl);
    expect([await judge(), looked()]).toEqual(['issuer-unresolvable', 1]);
  });
});

describe('a key that the copy does not list', () => {
  it('E-15 causes one refresh, by way of no cache, and is then refused', async () => {
    const { world, judge, wait, looked } = await start();
    const stranger = await createKey();
    await wait(31 * second);
    world.fetch.options.splice(0);
    expect([await judge(stranger), looked()]).toEqual(['key-not-found', 1]);
    expect(world.fetch.options[0]).toMatchObject({ revalidate: true });
    expect([await judge(), looked()]).toEqual(['accepted', 0]);
  });

  it('E-15 is found when it was added since', async () => {
    const { world, publish, judge, wait, looked } = await start();
    const next = await createKey();
    publish(world.issuerKey, next);
    await wait(31 * second);
    expect([await judge(next), looked()]).toEqual(['accepted', 1]);
  });

  it('E-15 is found when it is in the document, but was not for assertions', async () => {
    const { world, publish, judge, wait, looked } = await start();
    const next = await createKey();
    const { didUrl, issuer } = world;
    const kid = world.kidOf(next);
    const method = { id: kid, type: 'JsonWebKey', controller: issuer, publicKeyJwk: next.jwk };
    await wait(10 * minute);
    world.serveJson(didUrl, { id: issuer, verificationMethod: [method], authentication: [kid] });
    expect([await judge(next), looked()]).toEqual(['key-not-found', 1]);
    publish(world.issuerKey, next);
    await wait(31 * second);
    expect([await judge(next), looked()]).toEqual(['accepted', 1]);
  });

  it('E-15 causes no refresh of a copy that is younger than 30 seconds', async () => {
    const { judge, wait, looked } = await start();
    const stranger = await createKey();
    expect([await judge(stranger), looked()]).toEqual(['key-not-found', 0]);
    await wait(30 * second - 1);
    expect([await judge(stranger), looked()]).toEqual(['key-not-found', 0]);
    await wait(1);
    expect([await judge(stranger), looked()]).toEqual(['key-not-found', 1]);
  });

  it('E-15 causes one refresh in 30 seconds, however many tokens name however many keys', async () => {
    const { judge, wait, looked } = await start();
    const strangers = await Promise.all(Array.from({ length: 20 }, () => createKey()));
    await wait(31 * second);
    for (const stranger of strangers) expect(await judge(stranger)).toBe('key-not-found');
    expect(looked()).toBe(1);
    await wait(29 * second);
    await Promise.all(strangers.map((stranger) => judge(stranger)));
    expect(looked()).toBe(0);
    await wait(second);
    await Promise.all(strangers.map((stranger) => judge(stranger)));
    expect(looked()).toBe(1);
  });

  it('E-15 is found by all who ask at the same time, with one refresh', async () => {
    const { world, verifier, publish, wait, looked } = await start();
    const [next, stranger] = [await createKey(), await createKey()];
    const keys = [stranger, next, next, world.issuerKey, stranger, next];
    const passport = await world.passport();
    const tokens = await Promise.all(keys.map((key) => world.sign(passport, { key })));
    publish(world.issuerKey, next);
    await wait(31 * second);
    const verdicts = await Promise.all(tokens.map((jwt) => verifier.verifyCredential(jwt)));
    expect(verdicts.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      'key-not-found',
      'accepted',
      'accepted',
      'accepted',
      'key-not-found',
      'accepted',
    ]);
    expect(looked()).toBe(1);
  });

  it('E-15 takes nothing back while the host is away: the copy is good for its time', async () => {
    const { world, judge, wait, looked, away } = await start();
    const stranger = await createKey();
    away(503);
    await wait(31 * second);
    expect([await judge(stranger), looked()]).toEqual(['issuer-unresolvable', 1]);
    for (let i = 0; i < 5; i++) expect([await judge(), looked()]).toEqual(['accepted', 0]);
    world.serve(world.didUrl, 'hang-up');
    await wait(31 * second);
    expect([await judge(stranger), looked()]).toEqual(['issuer-unresolvable', 1]);
    expect([await judge(), looked()]).toEqual(['accepted', 0]);
    await wait(9 * minute);
    expect([await judge(), looked()]).toEqual(['issuer-unresolvable', 1]);
  });

  it.each([
    ['is gone', { status: 404, body: '' }],
    [
      'is another’s',
      { headers: { 'content-type': 'application/json' }, body: '{"id":"did:web:x.com"}' },
    ],
    ['is none', { headers: { 'content-type': 'application/json' }, body: '{' }],
  ])('E-12, E-15: takes the copy back when the document %s', async (_what, answer) => {
    const { world, publish, judge, wait } = await start();
    world.serve(world.didUrl, answer);
    await wait(31 * second);
    expect(await judge(await createKey())).toBe('issuer-unresolvable');
    expect(await judge()).toBe('issuer-unresolvable');
    publish(world.issuerKey);
    expect(await judge()).toBe('accepted');
  });

  it('E-15 is refreshed for each issuer apart', async () => {
    const world = await createPaperWorld();
    const other = 'did:web:id.acme.com:o:other';
    const otherUrl = 'https://id.acme.com/o/other/did.json';
    const kidOf = (did: string, key: TestKey) => `${did}#${key.thumbprint}`;
    const method = (did: string, key: TestKey) => ({
      id: kidOf(did, key),
      type: 'JsonWebKey',
      controller: did,
      publicKeyJwk: key.jwk,
    });
    world.serveJson(otherUrl, {
      id: other,
      verificationMethod: [method(other, world.issuerKey)],
      assertionMethod: [kidOf(other, world.issuerKey)],
    });
    const trust = world.policy.trust.flatMap((entry) => [entry, { ...entry, issuer: other }]);
    const verifier = createVerifier(world.options({ ...world.policy, trust }));
    const stranger = await createKey();
    const ask = async (did: string, key: TestKey) => {
      const payload = { ...(await world.passport()), issuer: did, iss: did };
      const jwt = await world.sign(payload, { key, header: { kid: kidOf(did, key) } });
      return (await verifier.verifyCredential(jwt)).reason;
    };
    for (const did of [world.issuer, other]) await ask(did, world.issuerKey);
    world.advance(31 * second);
    world.fetch.asked.splice(0);
    const asked = [world.issuer, other, world.issuer, other];
    expect(await Promise.all(asked.map((did) => ask(did, stranger)))).toEqual(
      asked.map(() => 'key-not-found'),
    );
    expect(world.fetch.asked.toSorted()).toEqual([world.didUrl, otherUrl]);
  });
});
