import { describe, expect, it } from 'vitest';
import { createInspector, createVerifier, type Verdict } from '../../src/verifier/index.ts';
import { readRefusals } from '../protocol/read-vectors.ts';
import {
  documentOf,
  identityCases,
  methodOf,
  nameCases,
  relationshipCases,
} from './support/did-documents.ts';
import { keyCases, sizeCases } from './support/did-keys.ts';
import { createPaperWorld, type PaperWorld, signCompact } from './support/paper-world.ts';

/** `accepted`, or the reason and what the decisive check found. */
function outcomeOf({ outcome, reason, report }: Verdict): string {
  if (reason === null) return outcome;
  const decisive = report.checks.find((check) => ['fail', 'undetermined'].includes(check.outcome));
  const [fault] = (decisive?.evidence['faults'] ?? []) as readonly { readonly rule: string }[];
  return `${reason} ${fault?.rule ?? decisive?.evidence['cause']}`;
}

async function judge(world: PaperWorld): Promise<Verdict> {
  return createVerifier(world.options()).verifyCredential(await world.issue());
}

describe("the issuer's document", () => {
  it.each([...identityCases, ...relationshipCases, ...nameCases, ...keyCases, ...sizeCases])(
    '%s',
    async (_name, document, outcome) => {
      const world = await createPaperWorld();
      world.serveJson(world.didUrl, document(world));
      const verdict = await judge(world);
      expect(outcomeOf(verdict)).toBe(outcome);
      expect(verdict.claims === null).toBe(outcome !== 'accepted');
    },
  );

  it('E-01 of another DID is shown to nobody, and not kept', async () => {
    const world = await createPaperWorld();
    world.serveJson(world.didUrl, {
      id: 'did:web:other.com',
      alsoKnownAs: ['https://other.com/x'],
    });
    const verifier = createVerifier(world.options());
    const jwt = await world.issue();
    const verdict = await verifier.verifyCredential(jwt);
    expect(outcomeOf(verdict)).toBe('issuer-unresolvable did-document-id');
    expect(JSON.stringify(verdict)).not.toContain('other.com');
    world.publishIssuer([world.issuerKey]);
    expect((await verifier.verifyCredential(jwt)).outcome).toBe('accepted');
  });

  it('E-11 is read to 64 kB and no further', async () => {
    const world = await createPaperWorld();
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(documentOf(world));
    world.serve(world.didUrl, { headers, body: body.padEnd(65_536) });
    expect(outcomeOf(await judge(world))).toBe('accepted');
    world.serve(world.didUrl, { headers, body: body.padEnd(65_537) });
    expect(outcomeOf(await judge(world))).toBe('issuer-unresolvable too-large');
  });

  it('E-08 may list unusable keys beside the one that is asked for', async () => {
    const world = await createPaperWorld();
    const unusable = [
      methodOf(world, { id: `${world.issuer}#1`, publicKeyJwk: { kty: 'RSA' } }),
      methodOf(world, { id: `${world.issuer}#2`, type: 'Multikey', publicKeyMultibase: 'z6Mk' }),
    ];
    world.serveJson(
      world.didUrl,
      documentOf(world, { verificationMethod: [...unusable, methodOf(world)] }),
    );
    expect(outcomeOf(await judge(world))).toBe('accepted');
  });

  it.each([
    [404, 'rejected', 'issuer-unresolvable'],
    [410, 'rejected', 'issuer-unresolvable'],
    [401, 'rejected', 'issuer-unresolvable'],
    [301, 'rejected', 'issuer-unresolvable'],
    [204, 'rejected', 'issuer-unresolvable'],
    [206, 'rejected', 'issuer-unresolvable'],
    [304, 'rejected', 'issuer-unresolvable'],
    [500, 'undetermined', 'issuer-unresolvable'],
    [503, 'undetermined', 'issuer-unresolvable'],
    [429, 'undetermined', 'issuer-unresolvable'],
  ])('E-10, E-12: is none when its place answers %i', async (status, outcome, reason) => {
    const world = await createPaperWorld();
    const body = JSON.stringify(documentOf(world));
    world.serve(world.didUrl, { status, headers: { 'content-type': 'application/json' }, body });
    expect(await judge(world)).toMatchObject({ outcome, reason, claims: null });
  });

  it.each(['text/html', 'text/plain', 'application/jose', 'application/jsonp', ''])(
    'E-10, credentials:DW-07: is none when it is served as "%s"',
    async (type) => {
      const world = await createPaperWorld();
      const headers = { 'content-type': type };
      world.serve(world.didUrl, { headers, body: JSON.stringify(documentOf(world)) });
      expect(outcomeOf(await judge(world))).toBe('issuer-unresolvable content-type');
    },
  );

  it.each([
    'application/json',
    'application/did+json',
    'application/did+json; charset=utf-8',
    'application/did+ld+json',
  ])('credentials:DW-02 is read when it is served as "%s"', async (type) => {
    const world = await createPaperWorld();
    const headers = { 'content-type': type };
    world.serve(world.didUrl, { headers, body: JSON.stringify(documentOf(world)) });
    expect(outcomeOf(await judge(world))).toBe('accepted');
  });

  it('E-10 is asked for within bounds', async () => {
    const world = await createPaperWorld();
    const before = Date.now();
    await judge(world);
    const at = world.fetch.asked.indexOf(world.didUrl);
    const { deadline, ...asked } = world.fetch.options[at] ?? { deadline: 0 };
    expect(asked).toEqual({ accept: 'application/json', maxBytes: 65_536 });
    expect(deadline - before).toBeGreaterThanOrEqual(5_000);
    expect(deadline - Date.now()).toBeLessThanOrEqual(5_000);
  });

  it('E-12 without keys is that of a retired identity: nothing verifies', async () => {
    const world = await createPaperWorld();
    world.serveJson(world.didUrl, { id: world.issuer });
    expect(outcomeOf(await judge(world))).toBe('key-not-found key-not-found');
  });
});

/** A passport that says it is by this DID, signed all the same. */
async function passportBy(world: PaperWorld, issuer: string): Promise<string> {
  const payload = { ...(await world.passport()), issuer, iss: issuer };
  return signCompact(payload, world.issuerKey, { kid: `${issuer}#k`, typ: 'vc+jwt' });
}

describe('an issuer that is no did:web identifier in its one spelling', () => {
  const others = [
    'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
    'did:jwk:eyJrdHkiOiJFQyJ9',
    'did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a',
    'did:pkh:eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a',
    'did:webvh:QmXyz:id.acme.com',
    'did:ion:EiClkZMDxPKqC9c-umQfTkR8vvZ9JPhl_xLDI9Nfk38w5w',
    'https://id.acme.com',
  ];

  it.each(others)('E-13, credentials:JC-15: asks nobody about %s', async (issuer) => {
    const world = await createPaperWorld();
    const inspector = createInspector({ fetch: world.fetch, clock: world.clock });
    const report = await inspector.inspectCredential(await passportBy(world, issuer));
    expect(report).toMatchObject({ outcome: 'rejected', reason: 'credential-malformed' });
    expect(report.issuer.did).toBeNull();
    expect(world.fetch.asked).toEqual([]);
  });

  it.each(readRefusals('did-web.invalid.txt'))(
    'E-09, credentials:DW-07: asks nobody about $input',
    async ({ input }) => {
      const world = await createPaperWorld();
      const inspector = createInspector({ fetch: world.fetch, clock: world.clock });
      const report = await inspector.inspectCredential(await passportBy(world, String(input)));
      expect(report).toMatchObject({ outcome: 'rejected', reason: 'credential-malformed' });
      expect(world.fetch.asked).toEqual([]);
    },
  );

  it.each(['did:key:z6Mk', 'did:web:127.0.0.1', 'did:web:ID.acme.com', 'did:web:a%2Fb'])(
    'E-09, E-13: cannot be trusted by a policy: %s',
    async (issuer) => {
      const world = await createPaperWorld();
      const trust = world.policy.trust.map((entry) => ({ ...entry, issuer }));
      expect(() => createVerifier(world.options({ ...world.policy, trust }))).toThrow(
        'policy/trust/0/issuer must be one did:web identifier',
      );
    },
  );
});

describe('an issuer that is one', () => {
  it.each([
    ['did:web:acme.com', 'https://acme.com/.well-known/did.json'],
    ['did:web:acme.com:o:acme', 'https://acme.com/o/acme/did.json'],
    ['did:web:acme.com%3A8443', 'https://acme.com:8443/.well-known/did.json'],
    ['did:web:acme.com%3A8443:a:b', 'https://acme.com:8443/a/b/did.json'],
    ['did:web:acme.com:...', 'https://acme.com/.../did.json'],
    ['did:web:xn--mnchen-3ya.de', 'https://xn--mnchen-3ya.de/.well-known/did.json'],
  ])('credentials:DW-02 %s is looked for at %s', async (issuer, url) => {
    const world = await createPaperWorld();
    const inspector = createInspector({ fetch: world.fetch, clock: world.clock });
    const report = await inspector.inspectCredential(await passportBy(world, issuer));
    expect(report.reason).toBe('issuer-unresolvable');
    expect(world.fetch.asked).toEqual([url]);
  });

  it.each([
    'did:web:other.com',
    'did:web:id.acme.com:other',
    'did:web:id.acme.com%3A8443',
    'did:web:evil.id.acme.com',
    'did:web:id.acme.com.evil.com',
    'did:web:acme.com',
  ])('E-14 is asked for nothing while the client alone is trusted: %s', async (issuer) => {
    const world = await createPaperWorld();
    const jwt = await passportBy(world, issuer);
    await world.publish({ jwt });
    const verifier = createVerifier(world.options());
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'issuer-not-trusted',
      claims: null,
    });
    expect(world.fetch.asked).toEqual([world.clientId]);
    expect(await verifier.verifyCredential(jwt)).toMatchObject({ reason: 'issuer-not-trusted' });
    expect(world.fetch.asked).toEqual([world.clientId]);
  });
});
