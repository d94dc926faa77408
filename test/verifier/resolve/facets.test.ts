import { describe, expect, it } from 'vitest';
import { createFacets, type FacetsRequest } from '../../../src/verifier/resolve/facets.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import type { MemoryAnswer } from '../support/memory-fetch.ts';
import { createPaperWorld } from '../support/paper-world.ts';

async function start() {
  const world = await createPaperWorld();
  const { fetch, clock } = world;
  const shared = createSharedCopies({ cache: undefined, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const facets = createFacets(octets, fetch);
  const read = (changes: Partial<FacetsRequest> = {}) =>
    facets.read({
      clientId: world.clientId,
      isWanted: () => true,
      issuedAt: 0,
      deadline: Date.now() + 5_000,
      ...changes,
    });
  return { world, read, facet: `${world.facetListing}/crd_0` };
}

const only = (fault: string, definite: boolean, mayDeny: boolean) => ({
  read: [],
  missed: [{ fault, definite, mayDeny }],
});

describe('facets', () => {
  it('are asked for by their media types', async () => {
    const { world, read } = await start();
    await world.publishFacets([{ jwt: await world.issueFacet() }]);
    const { read: found, missed } = await read();
    expect([found.map(({ mayDeny }) => mayDeny), missed]).toEqual([[true], []]);
    expect(world.fetch.options.map(({ accept }) => accept)).toEqual([
      'application/json',
      'application/vc+jwt',
    ]);
  });

  it('are published nowhere for a client_id of another form', async () => {
    const { world, read } = await start();
    const clientId = 'https://id.acme.com/a/billing-bot/metadata';
    expect(await read({ clientId })).toEqual(only('listing-unknown', true, false));
    expect(world.fetch.asked).toEqual([]);
  });

  it.each([
    ['allowed-actions', true],
    ['compliance', false],
  ])('that are not the ones that were listed are missed for good: %s', async (type, mayDeny) => {
    const { world, read } = await start();
    await world.publishFacets([{ jwt: await world.issueFacet(), type, sha256: 'A'.repeat(43) }]);
    expect(await read()).toEqual(only('facet-digest', true, mayDeny));
  });

  it('that are no text are missed, and held for nobody', async () => {
    const { world, read, facet } = await start();
    await world.publishFacets([{ jwt: await world.issueFacet() }]);
    const headers = { 'cache-control': 'max-age=300' };
    world.serve(facet, { headers, body: Uint8Array.of(0xff) });
    expect(await read()).toEqual(only('facet-digest', true, true));
    expect(await read()).toEqual(only('facet-digest', true, true));
    expect(world.fetch.asked).toEqual([world.facetListing, facet, facet]);
  });

  it.each<[MemoryAnswer, string, boolean]>([
    [{ status: 404, body: '' }, 'http-404', true],
    [{ status: 503, body: '' }, 'http-503', false],
    ['hang-up', 'fetch-failed', false],
  ])('that cannot be read are missed: %j', async (answer, fault, definite) => {
    const { world, read, facet } = await start();
    await world.publishFacets([{ jwt: await world.issueFacet() }]);
    world.serve(facet, answer);
    expect(await read()).toEqual(only(fault, definite, true));
  });
});

describe('a listing', () => {
  it.each<[MemoryAnswer, string, boolean, boolean]>([
    [{ status: 404, body: '' }, 'http-404', true, false],
    [{ status: 410, body: '' }, 'http-410', true, false],
    [{ status: 403, body: '' }, 'http-403', true, true],
    [{ status: 503, body: '' }, 'http-503', false, true],
    ['hang-up', 'fetch-failed', false, true],
    [{ headers: { 'content-type': 'application/json' }, body: '{}' }, 'listing-type', true, true],
    [{ headers: { 'content-type': 'text/html' }, body: '[]' }, 'content-type', true, true],
  ])('that is %j may hide a denial or not', async (answer, fault, definite, mayDeny) => {
    const { world, read } = await start();
    world.serve(world.facetListing, answer);
    expect(await read()).toEqual(only(fault, definite, mayDeny));
  });

  it.each([
    ['as old as the passport is read once', 0, 0, 1],
    ['older than the passport is read again', 0, 1, 2],
    ['older than the passport by its Age is read again', 20, -19_999, 2],
    ['as old as the passport by its Age is read once', 20, -20_000, 1],
  ])('%s', async (_what, age, issuedMs, times) => {
    const { world, read } = await start();
    const fetchedAt = world.clock();
    await world.publishFacets([], { age: String(age) });
    await read();
    world.advance(2_000);
    await read({ issuedAt: fetchedAt + issuedMs });
    expect(world.fetch.asked).toHaveLength(times);
  });
});
