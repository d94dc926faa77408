import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import type { VerifierOptions } from '../../src/verifier/index.ts';
import { createInspector, createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld } from './support/paper-world.ts';

describe('createVerifier', () => {
  it.each([
    [undefined, /an options object is required/],
    [null, /an options object is required/],
    [{}, /fetch must be a Fetch/],
    [{ fetch: globalThis.fetch }, /fetch must be a Fetch/],
  ])('throws for %j', (options, message) => {
    const wrong = options as unknown as VerifierOptions;
    expect(() => createVerifier(wrong)).toThrow(TypeError);
    expect(() => createVerifier(wrong)).toThrow(message);
  });

  it('throws for options that it does not know, for a wrong clock and wrong validators', async () => {
    const { fetch, policy } = await createPaperWorld();
    const options = { fetch, policy, ca: 'x', clock: 5, validators: { A: 'B' } };
    expect(() => createVerifier(options as unknown as VerifierOptions)).toThrow(
      'createVerifier: ca is not an option; clock must be a function; ' +
        'validators must be functions, by credential type',
    );
  });

  it.each([
    null,
    {},
    { get: () => undefined, set: () => undefined },
    { get: 'x', set: 'x', delete: 'x' },
  ])('throws for the cache %j', async (cache) => {
    const { fetch, policy } = await createPaperWorld();
    expect(() => createVerifier({ fetch, policy, cache } as unknown as VerifierOptions)).toThrow(
      'createVerifier: cache must have get, set and delete, such as createMemoryCache()',
    );
  });

  it('throws for a fetch that lends what cannot be called', async () => {
    const world = await createPaperWorld();
    const fetch = Object.assign(async () => world.fetch, { allowLoopback: true, sha256: 'abc' });
    const wrong = { fetch, policy: world.policy } as unknown as VerifierOptions;
    expect(() => createVerifier(wrong)).toThrow(
      'createVerifier: fetch.sha256 must be a function, where there is one',
    );
  });

  it('throws without a policy, and names every fault of a wrong one', async () => {
    const { fetch } = await createPaperWorld();
    const none = { fetch } as unknown as VerifierOptions;
    expect(() => createVerifier(none)).toThrow(/policy must be an object/);
    const policy = { mode: 'all', trust: [{ issuer: 'any' }] };
    const wrong = { fetch, policy } as unknown as VerifierOptions;
    expect(() => createVerifier(wrong)).toThrow(
      'createVerifier: policy/mode must be "enforce" or "monitor"; ' +
        'policy/trust/0/issuer must be one did:web identifier; ' +
        'policy/trust/0/clientIds must be a list; policy/trust/0/credentialTypes must be a list',
    );
  });
});

describe('read', () => {
  it('gives the octets that the verifier judges, and asks for them once', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const outcome = await verifier.read(world.clientId);
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
    expect(world.fetch.asked.filter((url) => url === world.clientId)).toHaveLength(1);
    const answer = world.fetch.answers.get(world.clientId);
    const served = typeof answer === 'object' ? answer.body : '';
    expect(outcome.ok && new TextDecoder().decode(outcome.response.body)).toBe(served);
  });

  it('gives an answer whatever its status, and says why there is none', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const soon = Date.now();
    const read = async (name: string) => verifier.read(`${world.origin}/a/${name}`);
    world.serve(`${world.origin}/a/gone`, { status: 410, body: '' });
    world.serve(`${world.origin}/a/mute`, 'hang-up');
    expect(await read('gone')).toMatchObject({ ok: true, response: { status: 410 } });
    expect(await read('mute')).toMatchObject({ ok: false, failure: 'failed' });
    expect(await verifier.read('https://elsewhere.com/a')).toEqual({
      ok: false,
      failure: 'blocked',
      detail: 'the URL is under no trusted prefix',
    });
    expect(world.fetch.options).toHaveLength(2);
    for (const { deadline } of world.fetch.options) {
      expect(deadline).toBeGreaterThanOrEqual(soon + 5_000);
    }
  });

  it('gives a copy: writing to it changes nothing', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const first = await verifier.read(world.clientId);
    if (first.ok) {
      first.response.body.fill(0);
    }
    const second = await verifier.read(world.clientId);
    expect(second.ok && second.response.body.some((octet) => octet !== 0)).toBe(true);
  });

  it('gives a status that is not 200 as it is', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const url = `${world.origin}/a/other/client.json`;
    expect(await verifier.read(url)).toMatchObject({ ok: true, response: { status: 404 } });
  });

  it.each([
    'https://evil.com/a/bot/client.json',
    'https://id.acme.com/b/bot/client.json',
    'https://id.acme.com/a/../b/client.json',
    'https://id.acme.com/a/x?y=z',
    'http://localhost:8787/a/x',
    '',
  ])('refuses %j without asking anybody', async (url) => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    expect(await verifier.read(url)).toMatchObject({ ok: false, failure: 'blocked' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('reads the keys of a client wherever its document says they are', async () => {
    const world = await createPaperWorld();
    const jwksUri = `${world.origin}/keys?of=billing-bot`;
    const core = { ...world.core, jwks_uri: jwksUri };
    world.serveJson(jwksUri, { keys: [{ ...world.agentKey.jwk }] });
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    const verifier = createVerifier(world.options());
    expect(await verifier.read(jwksUri)).toMatchObject({ ok: false, failure: 'blocked' });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ outcome: 'accepted' });
    expect(await verifier.read(jwksUri)).toMatchObject({ ok: true, response: { status: 200 } });
  });
});

describe('createInspector', () => {
  it('reports on a client of anybody, and says that nobody was trusted', async () => {
    const world = await createPaperWorld();
    const { fetch, clock } = world;
    const inspector = createInspector({ fetch, clock });
    const report = await inspector.inspectClient(world.clientId, { scope: 'write:tickets' });
    expect(report).toMatchObject({
      outcome: 'accepted',
      issuer: { did: world.issuer, trust: 'none' },
      granted: ['write:tickets'],
    });
    const lines = new Map(report.checks.map(({ id, outcome }) => [id, outcome]));
    expect(lines.get('issuer.trust')).toBe('warn');
    expect(lines.get('client-id.trust')).toBe('skipped');
  });

  it('finds what is wrong with papers all the same', async () => {
    const world = await createPaperWorld();
    const { fetch, clock } = world;
    world.publishKeys([await createKey()]);
    const inspector = createInspector({ fetch, clock });
    expect(await inspector.inspectClient(world.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'key-binding-mismatch',
    });
    expect(await inspector.inspectCredential(await world.issue())).toMatchObject({
      outcome: 'accepted',
      issuer: { trust: 'none' },
    });
  });

  it('is no verifier: it has no verdict, and takes no policy', async () => {
    const { fetch, policy } = await createPaperWorld();
    const inspector = createInspector({ fetch });
    expect(Object.keys(inspector).sort()).toEqual(['inspectClient', 'inspectCredential']);
    const options = { fetch, policy };
    expect(() => createInspector(options)).toThrow('createInspector: policy is not an option');
  });
});
