import { describe, expect, it } from 'vitest';
import { buildDidDocument, type DidKey } from '../../src/protocol/did-document.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type TestKey } from './support/paper-world.ts';

const second = 1_000;
const relationships = ['assertionMethod'] as const;

async function start() {
  const world = await createPaperWorld();
  const publish = (keys: readonly (readonly [TestKey, Partial<DidKey>?])[]) => {
    const listed = keys.map(([key, changes]) => {
      return { kid: world.kidOf(key), jwk: key.jwk, relationships, ...changes };
    });
    world.serveJson(world.didUrl, buildDidDocument({ did: world.issuer, keys: listed }));
  };
  const verifier = createVerifier(world.options());
  const judge = async () => {
    const { outcome, reason } = await verifier.verifyClient(world.clientId);
    return reason ?? outcome;
  };
  const wait = async (ms: number, key: TestKey = world.issuerKey) => {
    world.advance(ms);
    for (const purpose of ['revocation', 'suspension'] as const) {
      await world.publishList({ purpose, key });
    }
  };
  return { world, verifier, publish, judge, wait };
}

describe('a key of the issuer', () => {
  it('CID-03: verifies nothing from the instant of `expires` on', async () => {
    const { world, publish, judge, wait } = await start();
    const expires = new Date(world.clock() + 20 * second);
    publish([[world.issuerKey, { expires }]]);
    expect(await judge()).toBe('accepted');
    await wait(20 * second - 1);
    expect(await judge()).toBe('accepted');
    await wait(1);
    expect(await judge()).toBe('key-not-found');
  });

  it.each([
    ['still listed for assertions', relationships],
    ['listed for nothing', []],
  ])('CID-03: that is `revoked`, %s, verifies nothing, however old', async (_name, listed) => {
    const { world, verifier, publish, judge } = await start();
    expect(await judge()).toBe('accepted');
    publish([[world.issuerKey, { revoked: new Date(world.clock()), relationships: listed }]]);
    verifier.invalidate(world.didUrl);
    expect(await judge()).toBe('key-not-found');
  });

  it('CID-03: verifies no status list once it is revoked', async () => {
    const { world, verifier, publish, wait } = await start();
    const next = await createKey();
    publish([[world.issuerKey], [next]]);
    const jwt = await world.sign(await world.passport(), { key: next });
    const judge = async () => (await verifier.verifyCredential(jwt)).reason;
    expect(await judge()).toBeNull();
    publish([[world.issuerKey, { revoked: new Date(world.clock()) }], [next]]);
    verifier.invalidate(world.didUrl);
    expect(await judge()).toBe('status-invalid');
    await wait(second, next);
    expect(await judge()).toBeNull();
  });
});

describe('a document in a cache, whose passport was signed by a key that is revoked', () => {
  it('E-15: is read again before the verdict', async () => {
    const { world, verifier, publish, judge, wait } = await start();
    const next = await createKey();
    expect(await judge()).toBe('accepted');
    await wait(31 * second, next);
    publish([[world.issuerKey, { revoked: new Date(world.clock()) }], [next]]);
    await world.publish({ jwt: await world.sign(await world.passport(), { key: next }) });
    verifier.invalidate(world.didUrl);
    expect(await judge()).toBe('accepted');
  });

  it('E-15: is refused when it still carries that passport, and read once a second at most', async () => {
    const { world, verifier, publish, judge, wait } = await start();
    expect(await judge()).toBe('accepted');
    await wait(2 * second);
    publish([[world.issuerKey, { revoked: new Date(world.clock()) }]]);
    verifier.invalidate(world.didUrl);
    world.fetch.asked.splice(0);
    expect(await judge()).toBe('key-not-found');
    for (let i = 0; i < 5; i += 1) expect(await judge()).toBe('key-not-found');
    expect(world.fetch.asked.filter((url) => url === world.clientId)).toHaveLength(1);
  });
});
