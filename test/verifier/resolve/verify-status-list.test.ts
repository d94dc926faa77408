import { describe, expect, it } from 'vitest';
import { setBit } from '../../../src/protocol/bitstring-status-list.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { packStatus } from '../../../src/protocol/token-status-list.ts';
import { encodeUtf8 } from '../../../src/protocol/utf8.ts';
import { createIssuers } from '../../../src/verifier/resolve/did-web.ts';
import { createOctets } from '../../../src/verifier/resolve/octets.ts';
import { RefreshAhead } from '../../../src/verifier/resolve/refresh-ahead.ts';
import { createSharedCopies } from '../../../src/verifier/resolve/shared-copies.ts';
import { createSignatures } from '../../../src/verifier/resolve/signatures.ts';
import {
  acceptList,
  type ListFormat,
  verifyStatusList,
} from '../../../src/verifier/resolve/verify-status-list.ts';
import { rulesOf, taken } from '../../protocol/rules.ts';
import { createKey, createPaperWorld, type PaperWorld } from '../support/paper-world.ts';
import { publishCrafted, publishTokens } from '../support/status-papers.ts';

const noon = Date.parse('2026-11-20T12:00:00Z');
const { issuer: otherDid } = await createPaperWorld('https://other.example');

/** What is made of the list that the world serves in the place for this format. */
function verify(world: PaperWorld, format: ListFormat, expected: { did?: typeof otherDid } = {}) {
  const { fetch, clock } = world;
  const shared = createSharedCopies({ cache: undefined, clock });
  const octets = createOctets({ fetch, clock, shared, refreshAhead: new RefreshAhead() });
  const deps = { issuers: createIssuers(octets), signatures: createSignatures(), fetch };
  const url = format === 'bitstring' ? world.revocationList : world.tokenList;
  const answer = fetch.answers.get(url);
  if (typeof answer !== 'object') throw new Error('a list is served');
  const { body } = answer;
  return verifyStatusList(deps, typeof body === 'string' ? encodeUtf8(body) : body, {
    url,
    format,
    did: world.issuer,
    plainLoopback: false,
    deadline: Date.now() + 5_000,
    at: new Date(clock()),
    ...expected,
  });
}

const without =
  (...names: readonly string[]) =>
  (payload: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(payload).filter(([name]) => !names.includes(name)));

describe('a status list is asked for', () => {
  it.each([
    ['bitstring', 'application/vc+jwt'],
    ['token', 'application/statuslist+jwt'],
  ] as const)('by the media type of its standard: %s', (format, type) => {
    expect(acceptList(format)).toBe(type);
  });
});

describe('a bitstring list that holds', () => {
  it('says whose it is, what it means and for how long', async () => {
    const world = await createPaperWorld();
    const bits = new Uint8Array(16_384);
    setBit(bits, 131_071);
    await publishCrafted(world, { bits });
    const { list, issuerDocument } = taken(await verify(world, 'bitstring'));
    expect(list).toMatchObject({
      url: 'https://id.acme.com/status/7r',
      format: 'bitstring',
      issuer: 'did:web:id.acme.com',
      kid: world.kidOf(world.issuerKey),
      purposes: ['revocation'],
      issuedAt: noon,
      expiresAt: noon + 900_000,
      ttlMs: 30_000,
      weight: 16_384,
    });
    expect(issuerDocument.did).toBe('did:web:id.acme.com');
    expect([0, 131_070, 131_071, 131_072].map(list.read)).toEqual([0, 0, 1, undefined]);
  });

  it('need not have an end, nor a ttl', async () => {
    const world = await createPaperWorld();
    const change = without('validUntil', 'exp');
    await publishCrafted(world, { change, subject: { ttl: 'soon' } });
    const { list } = taken(await verify(world, 'bitstring'));
    expect(list).toMatchObject({ expiresAt: undefined, ttlMs: undefined });
  });
});

describe('a token status list that holds', () => {
  it('says whose it is and for how long, and has values for meanings', async () => {
    const world = await createPaperWorld();
    const bytes = new Uint8Array(100);
    packStatus({ bytes, bits: 2 }, 399, 2);
    await publishTokens(world, 0, { bytes });
    const { list } = taken(await verify(world, 'token'));
    expect(list).toMatchObject({
      url: 'https://id.acme.com/token-status/7',
      format: 'token',
      issuer: 'did:web:id.acme.com',
      kid: world.kidOf(world.issuerKey),
      purposes: [],
      issuedAt: noon,
      expiresAt: noon + 900_000,
      ttlMs: 30_000,
      weight: 100,
    });
    expect([0, 399, 400].map(list.read)).toEqual([0, 2, undefined]);
  });

  it('is of the issuer who signed it, and without end or ttl, when it says nothing else', async () => {
    const world = await createPaperWorld();
    await publishTokens(world, 0, { change: without('iss', 'exp', 'ttl') });
    const { list } = taken(await verify(world, 'token'));
    const silent = { issuer: 'did:web:id.acme.com', expiresAt: undefined, ttlMs: undefined };
    expect(list).toMatchObject(silent);
  });
});

describe('a list is refused before its issuer is asked for', () => {
  it.each(['bitstring', 'token'] as const)('when it is of another issuer: %s', async (format) => {
    const world = await createPaperWorld();
    await publishTokens(world, 0);
    const verified = await verify(world, format, { did: otherDid });
    expect(rulesOf(verified)).toEqual(['/issuer list-issuer']);
    expect(world.fetch.asked).toEqual([]);
  });

  it.each<[string, string | Uint8Array]>([
    ['is no token at all', 'not a list'],
    ['is not UTF-8', Uint8Array.of(0xff)],
    ['is empty', ''],
  ])('when it %s', async (_what, body) => {
    const world = await createPaperWorld();
    world.serve(world.revocationList, { body });
    expect(rulesOf(await verify(world, 'bitstring'))).toEqual(['list-format']);
    expect(world.fetch.asked).toEqual([]);
  });

  it.each([
    ['bitstring', { typ: 'statuslist+jwt' }],
    ['token', { typ: 'vc+jwt' }],
    ['bitstring', { typ: 'JWT' }],
    ['token', { typ: 'JWT' }],
  ] as const)('when it is no %s list by its type, %j', async (format, header) => {
    const world = await createPaperWorld();
    await publishCrafted(world, { header });
    await publishTokens(world, 0, { header });
    expect(rulesOf(await verify(world, format))).toEqual(['list-format']);
    expect(world.fetch.asked).toEqual([]);
  });

  it('when it is the list of another URL', async () => {
    const world = await createPaperWorld();
    await publishCrafted(world, { change: (payload) => ({ ...payload, id: world.tokenList }) });
    expect(rulesOf(await verify(world, 'bitstring'))).toEqual(['/id status-list-url']);
    await publishTokens(world, 0, {
      change: (payload) => ({ ...payload, sub: world.revocationList }),
    });
    expect(rulesOf(await verify(world, 'token'))).toEqual(['/sub status-list-url']);
    expect(world.fetch.asked).toEqual([]);
  });
});

describe('a list of the issuer is refused', () => {
  it.each(['hang-up', { status: 404, body: '' }, { body: 'no JSON' }] as const)(
    'when the keys of the issuer cannot be read: %j',
    async (answer) => {
      const world = await createPaperWorld();
      world.serve(world.didUrl, answer);
      expect(rulesOf(await verify(world, 'bitstring'))).toEqual(['issuer-unresolvable']);
    },
  );

  it('when the issuer does not list its key', async () => {
    const world = await createPaperWorld();
    await publishCrafted(world, { key: await createKey() });
    expect(rulesOf(await verify(world, 'bitstring'))).toEqual(['key-not-found']);
  });

  it('when somebody else signed it under the name of a key of the issuer', async () => {
    const world = await createPaperWorld();
    const header = { kid: world.kidOf(world.issuerKey) };
    await publishCrafted(world, { key: await createKey(), header });
    expect(rulesOf(await verify(world, 'bitstring'))).toEqual(['/signature signature-invalid']);
  });

  it.each(['bitstring', 'token'] as const)('when its bits cannot be read: %s', async (format) => {
    const world = await createPaperWorld();
    await publishCrafted(world, { encodedList: 'uH4sI' });
    await publishTokens(world, 0, {
      change: (payload) => ({ ...payload, status_list: { bits: 2, lst: 'eNo' } }),
    });
    expect(rulesOf(await verify(world, format))).toEqual(['status-list-encoding']);
  });
});
