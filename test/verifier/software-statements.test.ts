import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier, type TrustPolicy } from '../../src/verifier/index.ts';
import { presentJwt } from '../../src/verifier/intake/from-jwt.ts';
import { checks, verifyClient } from '../../src/verifier/verify-client.ts';
import { paperCourt } from './support/paper-court.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { onlyTrust, trustingFacets } from './support/tampering.ts';

const audience = 'https://as.example';
const scope = 'write:tickets read:logs/pii';

/** What a statement is judged to be; the document beside it has no passport unless a test puts one. */
async function present(
  world: PaperWorld,
  statement: unknown,
  { policy = world.policy }: { readonly policy?: TrustPolicy } = {},
) {
  const verifier = createVerifier(world.options(policy));
  return verifier.verifySoftwareStatement(statement as string, { audience, scope });
}

function linesOf({ report }: Awaited<ReturnType<typeof present>>) {
  return new Map(report.checks.map(({ id, outcome }) => [id, outcome]));
}

const moved = (world: PaperWorld): JsonObject => ({
  ...world.core,
  redirect_uris: ['https://evil.example/callback'],
});

describe('a software statement', () => {
  it('that binds its document gets the verdict of that document', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    const verdict = await present(world, jwt);
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      reason: null,
      granted: ['write:tickets'],
      withheld: ['read:logs/pii'],
      client: {
        clientId: world.clientId,
        redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
        metadata: world.core,
      },
      claims: { name: 'Billing Bot' },
      report: {
        input: { kind: 'software_statement', value: jwt },
        subject: { clientId: world.clientId, host: 'id.acme.com' },
        issuer: { did: 'did:web:id.acme.com', trust: 'policy' },
      },
    });
    expect(verdict.client?.metadata).not.toHaveProperty('vc+jwt');
  });

  it('is judged whole before the document is read', async () => {
    const world = await createPaperWorld();
    const { report } = await present(world, await world.issue());
    const ids = report.checks.map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(['credential.envelope', 'issuer.trust']);
    expect(ids.indexOf('document.fetch')).toBeGreaterThan(ids.indexOf('status.suspension'));
    expect(ids.indexOf('document.keys')).toBeLessThan(ids.indexOf('access.scopes'));
    expect(world.fetch.asked).toEqual([
      world.didUrl,
      world.revocationList,
      world.suspensionList,
      world.clientId,
      world.jwksUri,
    ]);
  });

  it('is kept in the report with the server that it was presented to', async () => {
    const world = await createPaperWorld();
    const { report } = await present(world, await world.issue());
    const line = report.checks.find(({ id }) => id === 'document.credential');
    expect(line?.evidence).toEqual({ from: 'software_statement', audience });
  });

  it('holds for a document that carries no passport', async () => {
    const world = await createPaperWorld();
    await world.publish({ jwt: undefined });
    expect((await present(world, await world.issue())).outcome).toBe('accepted');
  });

  it('is what the report is about, whatever passport is in the document', async () => {
    const world = await createPaperWorld();
    const stranger = await createPaperWorld('https://id.stranger.example');
    await world.publish({ jwt: await stranger.issue() });
    const { outcome, report } = await present(world, await world.issue());
    expect([outcome, report.issuer.did]).toEqual(['accepted', 'did:web:id.acme.com']);
  });

  it('holds after a renewal over the same document, for as long as it lives', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    await world.publish({ jwt: await world.issue({ validFrom: new Date(world.clock()) }) });
    expect((await present(world, jwt)).outcome).toBe('accepted');
  });

  it('needs an audience from the host', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const asked = verifier.verifySoftwareStatement(await world.issue(), { audience: '' });
    await expect(asked).rejects.toThrow('audience must be an issuer identifier');
  });
});

describe('a software statement that does not bind the document', () => {
  it('is refused once it was superseded by one for another document', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    const core = { ...world.core, client_name: 'Billing Bot II' };
    const documentDigest = await clientMetadataDigest(core);
    await world.publish({ core, jwt: await world.issue({ documentDigest }) });
    expect(await present(world, jwt)).toMatchObject({
      outcome: 'rejected',
      reason: 'document-digest-mismatch',
      granted: [],
    });
  });

  it.each(['with its own passport', 'without one'])(
    'is refused for a swapped document, %s',
    async (how) => {
      const world = await createPaperWorld();
      const jwt = await world.issue();
      await world.publish({ core: moved(world), jwt: how === 'without one' ? undefined : jwt });
      expect(await present(world, jwt)).toMatchObject({ reason: 'document-digest-mismatch' });
    },
  );

  it('is refused for a key that it does not name', async () => {
    const world = await createPaperWorld();
    world.publishKeys([world.agentKey, await createKey()]);
    const verdict = await present(world, await world.issue());
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'key-binding-mismatch' });
  });

  it('is accepted once a copy that was older is read again', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    const core = { ...world.core, client_name: 'Billing Bot II' };
    const jwt = await world.issue({ documentDigest: await clientMetadataDigest(core) });
    await world.publish({ core, jwt });
    world.advance(10_000);
    const verdict = await verifier.verifySoftwareStatement(jwt, { audience });
    expect(verdict).toMatchObject({ outcome: 'accepted', client: { name: 'Billing Bot II' } });
  });

  it.each([
    [
      'the document of another',
      'client-id-mismatch',
      { client_id: 'https://id.acme.com/a/x/client.json' },
    ],
    ['a document with a secret', 'document-invalid', { client_secret: 'x' }],
    ['a document whose passport is no text', 'credential-malformed', { 'vc+jwt': [] }],
  ])('is refused for %s', async (_case, reason, change) => {
    const world = await createPaperWorld();
    world.serveJson(world.clientId, { ...world.core, ...change });
    expect(await present(world, await world.issue())).toMatchObject({
      outcome: 'rejected',
      reason,
    });
  });

  it('is refused for a document that was withdrawn', async () => {
    const world = await createPaperWorld();
    world.serve(world.clientId, { status: 410, body: '' });
    expect(await present(world, await world.issue())).toMatchObject({
      outcome: 'rejected',
      reason: 'fetch-failed',
      client: null,
    });
  });

  it.each([
    ['the document', (world: PaperWorld) => world.clientId],
    ['the keys', (world: PaperWorld) => world.jwksUri],
  ])('is undetermined while %s cannot be read', async (_case, urlOf) => {
    const world = await createPaperWorld();
    world.serve(urlOf(world), 'hang-up');
    expect(await present(world, await world.issue())).toMatchObject({
      outcome: 'undetermined',
      reason: 'fetch-failed',
    });
  });
});

describe('a software statement that does not hold', () => {
  it.each(['revocation', 'suspension'] as const)(
    'oauth:KAS-04 is refused after its %s, and no document is read',
    async (purpose) => {
      const world = await createPaperWorld();
      await world.publishList({ purpose, set: [world.index] });
      const verdict = await present(world, await world.issue());
      const reason = purpose === 'revocation' ? 'status-revoked' : 'status-suspended';
      expect(verdict).toMatchObject({ outcome: 'rejected', reason, client: null });
      expect(world.fetch.asked).not.toContain(world.clientId);
    },
  );

  it('oauth:KAS-04 is refused after its end', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    world.advance(7 * 86_400_000);
    expect(await present(world, jwt)).toMatchObject({ outcome: 'rejected', reason: 'expired' });
  });

  it('is undetermined while its status cannot be had', async () => {
    const world = await createPaperWorld();
    world.serve(world.revocationList, 'hang-up');
    const verdict = await present(world, await world.issue());
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'status-unavailable' });
    expect(linesOf(verdict).get('document.fetch')).toBe('skipped');
  });

  it('oauth:SWS-06 of an issuer that nobody trusts has nothing fetched', async () => {
    const world = await createPaperWorld();
    const stranger = await createPaperWorld('https://id.stranger.example');
    const ofStranger = await stranger.issue();
    const aboutOurs = await stranger.issue({ clientId: world.clientId });
    for (const jwt of [ofStranger, aboutOurs]) {
      const verdict = await present(world, jwt);
      expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-not-trusted' });
    }
    expect(world.fetch.asked).toEqual([]);
  });

  it('oauth:SWS-06 of an issuer that is trusted for other clients has nothing fetched', async () => {
    const world = await createPaperWorld();
    const policy = onlyTrust({ clientIds: ['https://id.acme.com/b/'] })(world.policy);
    const verdict = await present(world, await world.issue(), { policy });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'issuer-not-trusted' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('oauth:KAS-05 is judged by the keys that its issuer has by now', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    expect((await verifier.verifyCredential(await world.issue())).outcome).toBe('accepted');
    const next = await createKey();
    world.publishIssuer([world.issuerKey, next]);
    world.advance(31_000);
    const jwt = await world.sign(await world.passport(), { key: next });
    const verdict = await verifier.verifySoftwareStatement(jwt, { audience });
    expect(verdict.outcome).toBe('accepted');
  });

  it('about a client that the operator blocked has nothing fetched', async () => {
    const world = await createPaperWorld();
    const policy = { ...world.policy, block: [world.clientId] };
    const verdict = await present(world, await world.issue(), { policy });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'client-blocked' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('oauth:KAS-01 with a forged signature has no document read', async () => {
    const world = await createPaperWorld();
    const header = { kid: world.kidOf(world.issuerKey) };
    const forged = await world.sign(await world.passport(), { key: await createKey(), header });
    const verdict = await present(world, forged);
    expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null, client: null });
    expect(world.fetch.asked).not.toContain(world.clientId);
  });

  it.each([audience, 'https://other.example', [audience]])(
    'is refused with an aud, which no passport has: %s',
    async (aud) => {
      const world = await createPaperWorld();
      const jwt = await world.sign({ ...(await world.passport()), aud });
      const verdict = await present(world, jwt);
      expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'credential-malformed' });
      expect(world.fetch.asked).toEqual([]);
    },
  );

  it('is refused as a facet, which binds no document', async () => {
    const world = await createPaperWorld();
    const policy = trustingFacets(world.policy);
    const verdict = await present(world, await world.issueFacet(), { policy });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'schema-invalid', client: null });
  });

  it.each([
    ['nothing', undefined],
    ['an object', { jwt: 'x' }],
    ['no token', 'x'],
    ['a token that nobody signed', 'eyJhbGciOiJub25lIn0.e30.'],
    ['a very long text', 'x'.repeat(20_000)],
  ])('is refused as %s', async (_case, statement) => {
    const world = await createPaperWorld();
    expect((await present(world, statement)).outcome).toBe('rejected');
    expect(world.fetch.asked).toEqual([]);
  });
});

describe('whatever is presented', () => {
  it('gets a verdict, is never accepted, and has nothing fetched', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), async (statement, more) => {
        const request = { ...Object(more), audience };
        const verdict = await verifier.verifySoftwareStatement(statement as string, request);
        expect(verdict).toMatchObject({ outcome: 'rejected', claims: null, granted: [] });
      }),
      { numRuns: 300 },
    );
    expect(world.fetch.asked).toEqual([]);
  });
});

describe('a check that is taken out is missed', () => {
  const judge = async (world: PaperWorld, jwt: string, id?: string) => {
    const question = {
      input: { kind: 'software_statement', value: jwt },
      ...{ raw: jwt, scope: '', details: [], credentials: [] },
      ...{ presentation: presentJwt(jwt), audience },
    } as const;
    const table = checks.filter(([other]) => other !== id);
    const { outcome, reason } = await verifyClient(paperCourt(world), question, table);
    return [outcome, reason];
  };

  it('document.digest', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    await world.publish({ core: moved(world), jwt });
    expect(await judge(world, jwt)).toEqual(['rejected', 'document-digest-mismatch']);
    expect(await judge(world, jwt, 'document.digest')).toEqual(['accepted', null]);
  });

  it('document.keys', async () => {
    const world = await createPaperWorld();
    world.publishKeys([await createKey()]);
    const jwt = await world.issue();
    expect(await judge(world, jwt)).toEqual(['rejected', 'key-binding-mismatch']);
    expect(await judge(world, jwt, 'document.keys')).toEqual(['accepted', null]);
  });

  it.each(['credential.signature', 'client-id.syntax', 'document.fetch'])(
    '%s, on which the next ones rest, can only deny',
    async (id) => {
      const world = await createPaperWorld();
      const jwt = await world.issue();
      expect(await judge(world, jwt)).toEqual(['accepted', null]);
      expect((await judge(world, jwt, id))[0]).not.toBe('accepted');
    },
  );
});
