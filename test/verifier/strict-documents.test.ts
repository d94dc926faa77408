import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { didWebOf } from '../../src/protocol/did-web.ts';
import { createInspector, createVerifier } from '../../src/verifier/index.ts';
import { createMemoryCache } from '../../src/verifier/memory-cache.ts';
import type { AccessRequest, TrustPolicy } from '../../src/verifier/ports.ts';
import { createStrictWorld, type StrictWorld, strictIndex } from './support/strict-world.ts';
import { trustingFacets } from './support/tampering.ts';

const second = 1_000;
const minute = 60 * second;

async function start() {
  const strict = await createStrictWorld();
  const verifier = createVerifier(strict.world.options());
  return { strict, verifier, ask: () => verifier.verifyClient(strict.clientId) };
}

/** A fresh verifier's verdict, and the line of its report about the passport. */
async function judge(strict: StrictWorld, policy: TrustPolicy = strict.world.policy) {
  const verifier = createVerifier(strict.world.options(policy));
  const { outcome, reason, report } = await verifier.verifyClient(strict.clientId);
  const line = report.checks.find(({ id }) => id === 'document.credential');
  return { outcome, reason, evidence: line?.evidence };
}

/** How often document and passport were asked for since the last look. */
function look({ world, clientId, passportUrl }: StrictWorld) {
  const asked = world.fetch.asked.splice(0);
  world.fetch.options.splice(0);
  const count = (url: string) => asked.filter((other) => other === url).length;
  return { document: count(clientId), passport: count(passportUrl) };
}

describe('a document without vc+jwt whose answer names its passport', () => {
  it('is accepted by that passport, and the report says where it came from', async () => {
    const strict = await createStrictWorld();
    expect(await judge(strict)).toStrictEqual({
      outcome: 'accepted',
      reason: null,
      evidence: { from: 'link', url: strict.passportUrl, ageS: 0 },
    });
  });

  it('grants what the passport permits, and hands out its claims', async () => {
    const { strict, verifier } = await start();
    const scope = 'read:logs/production read:logs/pii';
    const verdict = await verifier.verifyClient(strict.clientId, { scope });
    expect(verdict.granted).toStrictEqual(['read:logs/production']);
    expect(verdict.withheld).toStrictEqual(['read:logs/pii']);
    expect(verdict.claims?.['id']).toBe(strict.clientId);
  });

  it('is asked for as a credential, within the size of one', async () => {
    const strict = await createStrictWorld();
    await judge(strict);
    const at = strict.world.fetch.asked.indexOf(strict.passportUrl);
    expect(strict.world.fetch.options[at]).toMatchObject({
      accept: 'application/vc+jwt',
      maxBytes: 16_384,
    });
  });

  it('does not need a second look while its copies are fresh', async () => {
    const { strict, ask } = await start();
    await ask();
    expect(look(strict)).toStrictEqual({ document: 1, passport: 1 });
    await ask();
    expect(look(strict)).toStrictEqual({ document: 0, passport: 0 });
  });

  it('is inspected without a policy, on its own origin', async () => {
    const strict = await createStrictWorld();
    const inspector = createInspector({ fetch: strict.world.fetch, clock: strict.world.clock });
    expect((await inspector.inspectClient(strict.clientId)).outcome).toBe('accepted');
    strict.publishDocument({ link: '<https://other.example/p.jwt>; rel="describedby"' });
    const again = createInspector({ fetch: strict.world.fetch, clock: strict.world.clock });
    expect((await again.inspectClient(strict.clientId)).reason).toBe('credential-missing');
    expect(strict.world.fetch.asked).not.toContain('https://other.example/p.jwt');
  });

  it('is judged by the passport that it holds, where it holds one', async () => {
    const strict = await createStrictWorld();
    strict.publishDocument({ core: { ...strict.core, 'vc+jwt': await strict.issue() } });
    strict.publishPassport('nothing');
    expect(await judge(strict)).toMatchObject({
      outcome: 'accepted',
      evidence: { from: 'document' },
    });
    expect(look(strict).passport).toBe(0);
  });
});

describe('what is not taken for the passport', () => {
  it.each<[string, string | null, string | undefined]>([
    ['no link', null, undefined],
    ['a link of another relation', '<passport.jwt>; rel="alternate"', undefined],
    ['a link to something else', '<s.json>; rel="describedby"; type="application/json"', undefined],
    ['a link about something else', '<passport.jwt>; rel="describedby"; anchor="/x"', undefined],
    ['a malformed field', '<passport.jwt>; rel="describedby', 'link-syntax'],
    [
      'a field of 10 kB',
      `<passport.jwt>; rel="describedby"; x="${'y'.repeat(10_240)}"`,
      'link-length',
    ],
    ['another origin', '<https://evil.example/p.jwt>; rel="describedby"', 'link-origin'],
    ['a private address', '<https://10.0.0.1/p.jwt>; rel="describedby"', 'link-origin'],
    ['a loopback name', '<http://localhost/p.jwt>; rel="describedby"', 'link-origin'],
    ['a path outside of the prefix', '</b/p.jwt>; rel="describedby"', 'link-prefix'],
    ['a way out of the prefix', '<../../../b/p.jwt>; rel="describedby"', 'link-prefix'],
  ])('%s: credential-missing, and nothing is asked for', async (_name, link, rule) => {
    const strict = await createStrictWorld();
    strict.publishDocument({ link });
    const { outcome, reason, evidence } = await judge(strict);
    expect([outcome, reason]).toStrictEqual(['rejected', 'credential-missing']);
    expect(JSON.stringify(evidence)).toContain(rule ?? '{}');
    expect(strict.world.fetch.asked).toStrictEqual([strict.clientId]);
  });

  it('a place that the policy blocks', async () => {
    const strict = await createStrictWorld();
    const policy = { ...strict.world.policy, block: ['https://id.acme.com/a/other/'] };
    strict.publishDocument({ link: '</a/other/p.jwt>; rel="describedby"' });
    expect((await judge(strict, policy)).reason).toBe('credential-missing');
    expect(strict.world.fetch.asked).toStrictEqual([strict.clientId]);
  });

  it('anything, of a client that nobody vouches for', async () => {
    const strict = await createStrictWorld();
    const trust = [{ issuer: 'did:web:other.com', clientIds: ['https://other.com/a/'] }];
    const policy = { mode: 'enforce' as const, trust: [{ ...trust[0], credentialTypes: ['X'] }] };
    const verifier = createVerifier({ ...strict.world.options(), policy: policy as TrustPolicy });
    expect((await verifier.verifyClient(strict.clientId)).reason).toBe('issuer-not-trusted');
    expect(strict.world.fetch.asked).toStrictEqual([]);
  });

  it('the second of two links, whichever the first is', async () => {
    const strict = await createStrictWorld();
    const usual = `<${strict.passportUrl}>; rel="describedby"`;
    strict.publishDocument({ link: `${usual}, <https://evil.example/p.jwt>; rel="describedby"` });
    expect((await judge(strict)).outcome).toBe('accepted');
    strict.publishDocument({ link: `<https://evil.example/p.jwt>; rel="describedby", ${usual}` });
    expect((await judge(strict)).reason).toBe('credential-missing');
    expect(strict.world.fetch.asked).not.toContain('https://evil.example/p.jwt');
  });
});

describe('a passport that is named, and is not in order', () => {
  it.each<[string, string, (strict: StrictWorld) => Promise<void> | void]>([
    [
      'of the agent’s own document',
      'subject-mismatch',
      async (strict) => strict.publishPassport(await strict.world.issue()),
    ],
    [
      'of another agent',
      'subject-mismatch',
      async (strict) => {
        const clientId = 'https://id.acme.com/a/other-bot/strict/client.json';
        strict.publishPassport(await strict.issue({ clientId }));
      },
    ],
    [
      'with the digest of the agent’s own document',
      'document-digest-mismatch',
      async (strict) => {
        const { credentialSubject } = await strict.world.passport();
        const { documentDigest } = credentialSubject as { documentDigest: string };
        strict.publishPassport(await strict.issue({ documentDigest }));
      },
    ],
    [
      'of a key that is not the client’s',
      'key-binding-mismatch',
      async (strict) => {
        const jwkThumbprints = [strict.world.issuerKey.thumbprint];
        strict.publishPassport(await strict.issue({ jwkThumbprints }));
      },
    ],
    [
      'of an issuer that nobody trusts',
      'issuer-not-trusted',
      async ({ world, clientId, publishPassport }) => {
        const issuer = didWebOf('https://evil.example');
        const header = { kid: `${issuer}#${world.issuerKey.thumbprint}` };
        publishPassport(await world.sign(await world.passport({ issuer, clientId }), { header }));
      },
    ],
    [
      'served as something else',
      'credential-malformed',
      async (strict) =>
        strict.publishPassport(await strict.issue(), { 'content-type': 'text/plain' }),
    ],
    ['that is no credential', 'credential-malformed', (strict) => strict.publishPassport('a.b.c')],
    [
      'that is not UTF-8',
      'credential-malformed',
      ({ world, passportUrl }) => {
        const headers = { 'content-type': 'application/vc+jwt' };
        world.serve(passportUrl, { headers, body: Uint8Array.of(0xff, 0xfe) });
      },
    ],
    ['above 16 kB', 'document-too-large', (strict) => strict.publishPassport('x'.repeat(16_385))],
    [
      'behind a redirect',
      'fetch-failed',
      ({ world, passportUrl }) => world.serve(passportUrl, { status: 302, body: '' }),
    ],
    [
      'that is not there',
      'fetch-failed',
      ({ world, passportUrl }) => void world.fetch.answers.delete(passportUrl),
    ],
  ])('%s: %s', async (_name, reason, publish) => {
    const strict = await createStrictWorld();
    await publish(strict);
    expect(await judge(strict)).toMatchObject({ outcome: 'rejected', reason });
  });

  it('cannot be read for now: nobody knows, and nobody is let in', async () => {
    const strict = await createStrictWorld();
    strict.world.serve(strict.passportUrl, { status: 503, body: '' });
    const { outcome, reason } = await judge(strict);
    expect([outcome, reason]).toStrictEqual(['undetermined', 'fetch-failed']);
  });
});

describe('copies', () => {
  it('of a document that 304 confirmed keep the link, whether 304 repeats it or not', async () => {
    const { strict, ask } = await start();
    strict.publishDocument({ headers: { etag: '"1"', 'cache-control': 'no-cache' } });
    expect((await ask()).outcome).toBe('accepted');
    strict.publishDocument({ link: null, headers: { etag: '"1"', 'cache-control': 'no-cache' } });
    expect((await ask()).outcome).toBe('accepted');
    expect(strict.world.fetch.options.at(-1)?.ifNoneMatch).toBe('"1"');
    expect(look(strict).document).toBe(2);
  });

  it('of a document that 304 confirmed follow the link that 304 names instead', async () => {
    const { strict, ask } = await start();
    const headers = { etag: '"1"', 'cache-control': 'no-cache' };
    strict.publishDocument({ headers });
    expect((await ask()).outcome).toBe('accepted');
    strict.publishDocument({ link: '<gone.jwt>; rel="describedby"', headers });
    expect((await ask()).reason).toBe('fetch-failed');
    expect(strict.world.fetch.options.at(-2)?.ifNoneMatch).toBe('"1"');
  });

  it('of a passport that could not be read are not held', async () => {
    const { strict, ask } = await start();
    strict.publishPassport('a.b.c');
    expect((await ask()).reason).toBe('credential-malformed');
    strict.publishPassport(await strict.issue());
    expect((await ask()).outcome).toBe('accepted');
  });

  it('follow a link that came with another answer for the same octets', async () => {
    const { strict, ask } = await start();
    await ask();
    const moved = `${strict.passportUrl}x`;
    const { answers } = strict.world.fetch;
    answers.set(moved, answers.get(strict.passportUrl) ?? 'hang-up');
    answers.delete(strict.passportUrl);
    strict.publishDocument({ link: `<${moved}>; rel="describedby"` });
    strict.world.advance(5 * minute);
    expect((await ask()).outcome).toBe('accepted');
    expect(strict.world.fetch.asked).toContain(moved);
  });

  it('lose the link with an answer that has none', async () => {
    const { strict, ask } = await start();
    await ask();
    strict.publishDocument({ link: null });
    strict.world.advance(5 * minute);
    expect((await ask()).reason).toBe('credential-missing');
  });

  it('are both asked for again, once, when the passport was revoked and there is a new one', async () => {
    const { strict, ask } = await start();
    expect((await ask()).outcome).toBe('accepted');
    const { revocationList, suspensionList, tokenList } = strict.world;
    await strict.world.publishList({ purpose: 'revocation', set: [strictIndex] });
    const status = { revocationList, suspensionList, tokenList, index: strictIndex + 1 };
    strict.publishPassport(await strict.issue({ status }));
    strict.world.advance(minute);
    look(strict);
    expect((await ask()).outcome).toBe('accepted');
    expect(look(strict)).toStrictEqual({ document: 1, passport: 1 });
  });

  it('of a revoked passport stay refused, whatever becomes of its place', async () => {
    const { strict, ask } = await start();
    await ask();
    await strict.world.publishList({ purpose: 'revocation', set: [strictIndex] });
    strict.world.serve(strict.passportUrl, { status: 503, body: '' });
    strict.world.advance(minute);
    const { outcome, reason } = await ask();
    expect([outcome, reason]).toStrictEqual(['rejected', 'status-revoked']);
  });

  it('are asked for again when the document changed and its passport was not read yet', async () => {
    const { strict, ask, verifier } = await start();
    await ask();
    const core = { ...strict.core, client_name: 'New' };
    strict.publishPassport(
      await strict.issue({ documentDigest: await clientMetadataDigest(core) }),
    );
    strict.publishDocument({ core });
    strict.world.advance(10 * second);
    await verifier.read(strict.clientId);
    expect((await ask()).outcome).toBe('accepted');
    strict.world.advance(290 * second);
    expect((await ask()).outcome).toBe('accepted');
  });

  it('of document and passport go together when somebody says so', async () => {
    const { strict, ask, verifier } = await start();
    await ask();
    look(strict);
    verifier.invalidate(strict.clientId);
    await ask();
    expect(look(strict)).toStrictEqual({ document: 1, passport: 1 });
    await ask();
    expect(look(strict)).toStrictEqual({ document: 0, passport: 0 });
    verifier.invalidate(strict.passportUrl);
    await ask();
    expect(look(strict)).toStrictEqual({ document: 0, passport: 1 });
  });

  it('of another client stay where they are when a link names them as a passport', async () => {
    const { strict, verifier, ask } = await start();
    const { world } = strict;
    const judgeNeighbour = () => verifier.verifyClient(world.clientId);
    expect((await judgeNeighbour()).outcome).toBe('accepted');
    strict.publishDocument({ link: `<${world.clientId}>; rel="describedby"` });
    expect(await ask()).toMatchObject({ outcome: 'rejected', reason: 'credential-malformed' });
    world.fetch.asked.splice(0);
    expect((await judgeNeighbour()).outcome).toBe('accepted');
    expect(world.fetch.asked.filter((url) => url === world.clientId)).toStrictEqual([]);
  });

  it('go together also where another process shares what this one never read', async () => {
    const strict = await createStrictWorld();
    const cache = createMemoryCache({ maxBytes: 1_000_000 });
    const open = () => createVerifier({ ...strict.world.options(), cache });
    await open().verifyClient(strict.clientId);
    strict.world.advance(second);
    look(strict);
    const verifier = open();
    verifier.invalidate(strict.clientId);
    strict.world.advance(second);
    expect((await verifier.verifyClient(strict.clientId)).outcome).toBe('accepted');
    expect(look(strict)).toStrictEqual({ document: 1, passport: 1 });
    await open().verifyClient(strict.clientId);
    expect(look(strict)).toStrictEqual({ document: 0, passport: 0 });
  });
});

describe('facets of the agent', () => {
  const scope = 'read:logs/production write:tickets';

  async function askWith(change: (strict: StrictWorld) => Promise<string>, request: AccessRequest) {
    const strict = await createStrictWorld();
    strict.publishPassport(await strict.issue({ authorizedScopes: undefined }));
    await strict.world.publishFacets([{ jwt: await change(strict) }]);
    const verifier = createVerifier(strict.world.options(trustingFacets(strict.world.policy)));
    return verifier.verifyClient(strict.clientId, request);
  }

  it('count for its strict document too, where the passport does not say enough', async () => {
    const verdict = await askWith((strict) => strict.world.issueFacet(), { scope });
    expect(verdict.granted).toStrictEqual(['read:logs/production']);
    expect(verdict.withheld).toStrictEqual(['write:tickets']);
  });

  it('of another agent do not', async () => {
    const clientId = 'https://id.acme.com/a/other-bot/client.json';
    const verdict = await askWith((strict) => strict.world.issueFacet({ clientId }), { scope });
    expect(verdict.granted).toStrictEqual([]);
    const did = didWebOf('https://id.acme.com', ['a', 'other-bot']);
    expect((await askWith((one) => one.world.issueFacet({ did }), { scope })).granted).toEqual([]);
  });
});
