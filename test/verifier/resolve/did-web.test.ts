import { describe, expect, it } from 'vitest';
import { refused } from '../../../src/protocol/parsed.ts';
import { createIssuers } from '../../../src/verifier/resolve/did-web.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import { createPaperWorld } from '../support/paper-world.ts';

/** Issuers who have read the document of the world's issuer half a minute ago. */
async function start() {
  const world = await createPaperWorld();
  const { fetch, clock } = world;
  const shared = createSharedCopies({ cache: undefined, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const issuers = createIssuers(octets);
  const request = {
    did: world.issuer,
    plainLoopback: false,
    deadline: Date.now() + 5_000,
    kid: `${world.issuer}#another`,
    at: new Date(clock()),
  };
  await issuers.document(request);
  world.advance(30_000);
  world.fetch.asked.length = 0;
  const newer = (rule: string) => issuers.newerKey(request, refused('', rule, 'as the test wants'));
  return { world, newer };
}

describe('a key that is not in the copy at hand', () => {
  it.each([
    ['key-not-found', true],
    ['key-relationship', true],
    ['key-expired', false],
    ['key-revoked', false],
    ['key-ambiguous', false],
    ['key-controller', false],
    ['jwk-private', false],
  ])('may be a younger one, by the rule %s: %s', async (rule, asks) => {
    const { world, newer } = await start();
    const reading = newer(rule);
    expect(reading !== undefined).toBe(asks);
    await reading;
    expect(world.fetch.asked).toEqual(asks ? [world.didUrl] : []);
  });

  it('is looked for once for all who ask meanwhile, and not at once again', async () => {
    const { world, newer } = await start();
    const [first, second] = [newer('key-not-found'), newer('key-not-found')];
    expect(await first).toMatchObject({ ok: true, key: { ok: false } });
    expect(await second).toMatchObject({ ok: true, key: { ok: false } });
    expect(newer('key-not-found')).toBeUndefined();
    expect(world.fetch.asked).toEqual([world.didUrl]);
    world.advance(30_000);
    expect(newer('key-not-found')).toBeInstanceOf(Promise);
  });
});
