import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { buildJwks } from '../../src/protocol/jwks.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { presentMetadata } from '../../src/verifier/intake/from-client-id.ts';
import { parsePushedMetadata } from '../../src/verifier/intake/from-pushed-metadata.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import { checks, verifyClient } from '../../src/verifier/verify-client.ts';
import { paperCourt } from './support/paper-court.ts';
import {
  createKey,
  createPaperWorld,
  type PaperWorld,
  type TestKey,
} from './support/paper-world.ts';

function push(world: PaperWorld, metadata: unknown, request?: AccessRequest) {
  return createVerifier(world.options()).verifyPushedMetadata(metadata, request);
}

/** Metadata as they are pushed, with a passport that binds them, and the keys that it names. */
async function papersFor(world: PaperWorld, core: JsonObject): Promise<JsonObject> {
  const documentDigest = await clientMetadataDigest(core);
  return { ...core, 'vc+jwt': await world.issue({ documentDigest }) };
}

/** The world's metadata with the keys in them instead of beside them. */
function inlineCore(world: PaperWorld, keys: readonly TestKey[]): JsonObject {
  const { jwks_uri: _uri, ...core } = world.core;
  const jwks = buildJwks(keys.map(({ jwk, thumbprint }) => ({ kid: thumbprint, jwk })));
  return { ...core, jwks };
}

/** A world in which the document is nowhere to be read. */
async function createPushWorld(): Promise<{ world: PaperWorld; metadata: JsonObject }> {
  const world = await createPaperWorld();
  world.serve(world.clientId, { status: 404, body: '' });
  return { world, metadata: await papersFor(world, world.core) };
}

describe('pushed metadata', () => {
  it('get the verdict of a document that says the same, which is not fetched', async () => {
    const { world, metadata } = await createPushWorld();
    const verdict = await push(world, metadata, { scope: 'write:tickets read:logs/pii' });
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      reason: null,
      granted: ['write:tickets'],
      withheld: ['read:logs/pii'],
      client: { clientId: world.clientId, jwksUri: world.jwksUri, metadata: world.core },
      claims: { name: 'Billing Bot' },
      report: {
        input: { kind: 'pushed_metadata', value: world.clientId },
        freshness: { documentAgeS: null, statusAgeS: 0 },
      },
    });
    expect(world.fetch.asked).toEqual([
      world.didUrl,
      world.jwksUri,
      world.revocationList,
      world.suspensionList,
    ]);
  });

  it('are what they mean: another order of the members, or no prototype, changes nothing', async () => {
    const { world, metadata } = await createPushWorld();
    const turned = Object.fromEntries(Object.entries(metadata).reverse());
    const bare = Object.assign(Object.create(null), metadata);
    for (const same of [turned, bare]) {
      expect((await push(world, same)).outcome).toBe('accepted');
    }
  });

  it('may have their keys in them', async () => {
    const { world } = await createPushWorld();
    const verdict = await push(world, await papersFor(world, inlineCore(world, [world.agentKey])));
    expect(verdict.outcome).toBe('accepted');
    expect(world.fetch.asked).not.toContain(world.jwksUri);
  });

  it('are judged as they were when they were handed over', async () => {
    const { world, metadata } = await createPushWorld();
    const mutable = { ...metadata };
    const asked = push(world, mutable);
    Object.assign(mutable, { client_name: 'Payroll' });
    expect(await asked).toMatchObject({ outcome: 'accepted', client: { name: 'Billing Bot' } });
  });

  it('leave no trace: the next agent is not judged by them', async () => {
    const { world, metadata } = await createPushWorld();
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyPushedMetadata(metadata)).outcome).toBe('accepted');
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ reason: 'fetch-failed' });
  });
});

describe('pushed metadata that their passport does not bind', () => {
  it.each([
    ['another redirect URI', { redirect_uris: ['https://evil.example/callback'] }],
    ['a name of their own', { client_name: 'Payroll' }],
    ['a member that was added', { logo_uri: 'https://evil.example/logo.png' }],
  ])('are refused: %s', async (_case, change) => {
    const { world, metadata } = await createPushWorld();
    const verdict = await push(world, { ...metadata, ...change });
    expect(verdict).toMatchObject({
      outcome: 'rejected',
      reason: 'document-digest-mismatch',
      granted: [],
    });
  });

  it('are refused with a key inside that it does not name', async () => {
    const { world } = await createPushWorld();
    const metadata = await papersFor(world, inlineCore(world, [await createKey()]));
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'key-binding-mismatch' });
  });

  it('are refused with a key at their jwks_uri that it does not name', async () => {
    const { world, metadata } = await createPushWorld();
    world.publishKeys([await createKey()]);
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'key-binding-mismatch' });
  });

  it('are refused with the passport of another agent', async () => {
    const { world } = await createPushWorld();
    const core = { ...world.core, client_id: 'https://id.acme.com/a/other-bot/client.json' };
    const verdict = await push(world, await papersFor(world, core));
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'subject-mismatch' });
  });

  it('are undetermined while their keys cannot be read', async () => {
    const { world, metadata } = await createPushWorld();
    world.serve(world.jwksUri, 'hang-up');
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'fetch-failed' });
  });
});

describe('pushed metadata whose passport does not hold', () => {
  it.each([
    ['revocation', 'status-revoked'],
    ['suspension', 'status-suspended'],
  ] as const)('are refused after its %s, and nothing is read again', async (purpose, reason) => {
    const { world, metadata } = await createPushWorld();
    await world.publishList({ purpose, set: [world.index] });
    const verifier = createVerifier(world.options());
    const first = await verifier.verifyPushedMetadata(metadata);
    expect(first).toMatchObject({ outcome: 'rejected', reason });
    world.advance(5_000);
    const asked = world.fetch.asked.length;
    expect(await verifier.verifyPushedMetadata(metadata)).toMatchObject({ reason });
    expect(world.fetch.asked.length).toBe(asked);
  });

  it('are refused after its end', async () => {
    const { world, metadata } = await createPushWorld();
    world.advance(7 * 86_400_000);
    expect(await push(world, metadata)).toMatchObject({ outcome: 'rejected', reason: 'expired' });
  });

  it('are undetermined while its status cannot be had', async () => {
    const { world, metadata } = await createPushWorld();
    world.serve(world.suspensionList, 'hang-up');
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'status-unavailable' });
  });

  it('are refused without one, wherever else one may be', async () => {
    const { world } = await createPushWorld();
    const verdict = await push(world, world.core);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'credential-missing' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('are refused with a facet in its place', async () => {
    const { world } = await createPushWorld();
    const { trust } = world.policy;
    const credentialTypes = ['AgentAllowedActionsCredential'];
    const policy = { ...world.policy, trust: trust.map((one) => ({ ...one, credentialTypes })) };
    const metadata = { ...world.core, 'vc+jwt': await world.issueFacet() };
    const verdict = await createVerifier(world.options(policy)).verifyPushedMetadata(metadata);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'schema-invalid' });
  });
});

describe('pushed metadata of strangers', () => {
  it('have nothing fetched for a client that nobody trusted vouches for', async () => {
    const { world } = await createPushWorld();
    const stranger = await createPaperWorld('https://id.stranger.example');
    const verdict = await push(world, await papersFor(stranger, stranger.core));
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-not-trusted' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('have nothing fetched with a passport by an issuer that is not trusted', async () => {
    const { world } = await createPushWorld();
    const stranger = await createPaperWorld('https://id.stranger.example');
    const jwt = await stranger.issue({ clientId: world.clientId });
    const verdict = await push(world, { ...world.core, 'vc+jwt': jwt });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-not-trusted' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('have no list read for them with a forged signature', async () => {
    const { world, metadata } = await createPushWorld();
    const header = { kid: world.kidOf(world.issuerKey) };
    const jwt = await world.sign(await world.passport(), { key: await createKey(), header });
    const verdict = await push(world, { ...metadata, 'vc+jwt': jwt });
    expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null });
    expect(world.fetch.asked).toEqual([world.didUrl]);
  });
});

class Metadata {
  readonly client_id = 'https://id.acme.com/a/billing-bot/client.json';
}

const throwing = {
  get client_id(): string {
    throw new Error('not yours');
  },
};
const circular: Record<string, unknown> = {};
circular['self'] = circular;
const id = 'https://id.acme.com/a/billing-bot/client.json';

describe('what is no client metadata', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', JSON.stringify({ client_id: id })],
    ['a list', [{ client_id: id }]],
    ['an object of a class', new Metadata()],
    ['an object that inherits', Object.create({ client_id: id })],
    [
      'an object that inherits something besides',
      Object.create({ x: 1 }, { client_id: { value: id, enumerable: true } }),
    ],
    ['a map', new Map([['client_id', id]])],
    ['an object that throws', throwing],
    ['an object in itself', circular],
    ['a null', { client_id: id, logo_uri: null }],
    ['a null within', { client_id: id, x: { y: [null] } }],
    ['a member without a value', { client_id: id, logo_uri: undefined }],
    ['a date', { client_id: id, at: new Date(0) }],
    ['a function', { client_id: id, toJSON: () => ({}) }],
    ['a number that JSON does not have', { client_id: id, x: Number.NaN }],
    ['a number that readers differ about', { client_id: id, x: 2 ** 60 }],
    ['a big integer', { client_id: id, x: 1n }],
    ['half of a surrogate pair', { client_id: id, x: '\ud800' }],
    ['a reach for the prototype', JSON.parse(`{"client_id":"${id}","__proto__":{"x":1}}`)],
    ['a hole', { client_id: id, x: new Array(2) }],
    ['depth', JSON.parse(`{"client_id":"${id}","x":${'['.repeat(40)}${']'.repeat(40)}}`)],
  ])('is refused, and nothing is fetched: %s', async (_case, metadata) => {
    const world = await createPaperWorld();
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({
      outcome: 'rejected',
      reason: 'document-invalid',
      client: null,
      report: { input: { kind: 'pushed_metadata', value: '' } },
    });
    expect(world.fetch.asked).toEqual([]);
  });

  it.each([
    ['a long text', { client_id: id, x: 'x'.repeat(5_120) }],
    ['a short text with long letters', { client_id: id, x: '€'.repeat(1_800) }],
    ['many members', Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`m${at}`, 1]))],
    ['an endless list', { client_id: id, x: new Array(2 ** 32 - 1).fill(0, 0, 6_000) }],
  ])('is refused for its size: %s', async (_case, metadata) => {
    const world = await createPaperWorld();
    const verdict = await push(world, metadata);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'document-too-large' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('has room for 5,120 bytes and no more', async () => {
    const bytes = (length: number) => ({ x: 'a'.repeat(length - '{"x":""}'.length) });
    expect(parsePushedMetadata(bytes(5_120)).ok).toBe(true);
    expect(parsePushedMetadata(bytes(5_121))).toMatchObject({
      faults: [{ rule: 'metadata-size' }],
    });
  });

  it.each([
    ['no client_id', {}, 'url-invalid'],
    ['a client_id that is no URL', { client_id: 'billing-bot' }, 'url-invalid'],
    ['a client_id that is no text', { client_id: [id] }, 'url-invalid'],
    ['a secret', { client_id: id, client_secret: 'x' }, 'document-invalid'],
    ['keys twice', { client_id: id, jwks_uri: `${id}x`, jwks: {} }, 'document-invalid'],
    [
      'keys on another origin',
      { client_id: id, jwks_uri: 'https://evil.example/j' },
      'document-invalid',
    ],
    ['a passport that is no text', { client_id: id, 'vc+jwt': ['x'] }, 'credential-malformed'],
    ['a passport that is no token', { client_id: id, 'vc+jwt': 'x' }, 'credential-malformed'],
  ])('is refused with %s', async (_case, metadata, reason) => {
    const world = await createPaperWorld();
    expect(await push(world, metadata)).toMatchObject({ outcome: 'rejected', reason });
    expect(world.fetch.asked).toEqual([]);
  });

  it('gets a verdict whatever it is, and is never accepted', async () => {
    const { world, metadata } = await createPushWorld();
    const verifier = createVerifier(world.options());
    const changed = fc
      .tuple(fc.constantFrom(...Object.keys(metadata)), fc.anything())
      .map(([name, value]) => ({ ...metadata, [name]: value }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.anything(), changed), fc.anything(), async (input, request) => {
        const asked = request as AccessRequest;
        expect((await verifier.verifyPushedMetadata(input, asked)).outcome).toBe('rejected');
      }),
      { numRuns: 500 },
    );
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('a check that is taken out is missed', () => {
  const judge = async (world: PaperWorld, metadata: JsonObject, id?: string) => {
    const pushed = parsePushedMetadata(metadata);
    const value = world.clientId;
    const presentation = await presentMetadata(pushed, { url: value, allowLoopback: false });
    const question = {
      input: { kind: 'pushed_metadata', value },
      ...{ raw: value, scope: '', details: [], credentials: [], presentation, pushed },
    } as const;
    const table = checks.filter(([other]) => other !== id);
    const { outcome, reason } = await verifyClient(paperCourt(world), question, table);
    return [outcome, reason];
  };

  it('document.digest', async () => {
    const { world, metadata } = await createPushWorld();
    const swapped = { ...metadata, redirect_uris: ['https://evil.example/callback'] };
    expect(await judge(world, swapped)).toEqual(['rejected', 'document-digest-mismatch']);
    expect(await judge(world, swapped, 'document.digest')).toEqual(['accepted', null]);
  });

  it('document.keys', async () => {
    const { world } = await createPushWorld();
    const swapped = await papersFor(world, inlineCore(world, [await createKey()]));
    expect(await judge(world, swapped)).toEqual(['rejected', 'key-binding-mismatch']);
    expect(await judge(world, swapped, 'document.keys')).toEqual(['accepted', null]);
  });
});
