import { describe, expect, it } from 'vitest';
import { buildFacet } from '../../src/protocol/facet.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier, type TrustPolicy } from '../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

function trusting(policy: TrustPolicy, ...credentialTypes: readonly string[]): TrustPolicy {
  return { ...policy, trust: policy.trust.map((entry) => ({ ...entry, credentialTypes })) };
}

async function facet(world: PaperWorld): Promise<string> {
  const { revocationList, suspensionList, tokenList, index } = world;
  return world.sign(
    buildFacet({
      type: 'allowed-actions',
      origin: world.origin,
      id: 'urn:uuid:0e4f8f0e-5b0a-4b55-8a0c-2f1df3e0a001',
      issuer: world.issuer,
      clientId: world.clientId,
      did: 'did:web:id.acme.com:a:billing-bot',
      name: 'Billing Bot',
      claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
      validFrom: new Date(world.clock()),
      validUntil: new Date(world.clock() + 90 * 86_400_000),
      status: { revocationList, suspensionList, tokenList, index },
    }),
  );
}

async function foreign(world: PaperWorld): Promise<string> {
  const passport = await world.passport();
  const { id, did } = passport['credentialSubject'] as {
    readonly id: string;
    readonly did: string;
  };
  const type = ['VerifiableCredential', 'AcmeClearance'];
  return world.sign({ ...passport, type, credentialSubject: { id, did, level: 3 } });
}

describe('verifyCredential', () => {
  it('judges a passport without its document, by the same table', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(await world.issue(), {
      scope: 'write:tickets',
    });
    expect(verdict).toMatchObject({
      outcome: 'accepted',
      granted: ['write:tickets'],
      client: null,
    });
    expect(verdict.report.input.kind).toBe('jwt');
    expect(verdict.report.subject.host).toBe('id.acme.com');
    const lines = new Map(verdict.report.checks.map(({ id, outcome }) => [id, outcome]));
    expect(lines.get('document.digest')).toBe('skipped');
    expect(lines.get('client-id.trust')).toBe('skipped');
    expect(lines.get('credential.signature')).toBe('pass');
    expect(lines.get('status.revocation')).toBe('pass');
    expect(world.fetch.asked).not.toContain(world.clientId);
  });

  it('judges a facet, which may live longer than a passport and grants no scope', async () => {
    const world = await createPaperWorld();
    const policy = trusting(world.policy, 'AgentAllowedActionsCredential');
    const verifier = createVerifier(world.options(policy));
    const scope = 'read:logs/production';
    const verdict = await verifier.verifyCredential(await facet(world), { scope });
    expect(verdict).toMatchObject({ outcome: 'accepted', granted: [], withheld: [scope] });
    expect(verdict.claims).toMatchObject({ actions: [{ resource: 'logs/production' }] });
  });

  it('asks nobody about a credential of an issuer that is not trusted for it', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(await facet(world));
    expect(verdict).toMatchObject({ reason: 'issuer-not-trusted', claims: null });
    expect(verdict.report.issuer).toEqual({ did: world.issuer, trust: 'none' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('asks nobody about a subject that the issuer does not vouch for', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const jwt = await world.issue({ clientId: 'https://evil.com/a/bot/client.json' });
    expect(await verifier.verifyCredential(jwt)).toMatchObject({ reason: 'issuer-not-trusted' });
    expect(world.fetch.asked).toEqual([]);
  });

  it('refuses what is revoked', async () => {
    const world = await createPaperWorld();
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(await world.issue());
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'status-revoked' });
  });

  it('D-30 gives no claims of a credential whose signature does not hold', async () => {
    const world = await createPaperWorld();
    const [header, payload] = (await world.issue()).split('.');
    const [, , signature] = (await world.issue({ name: 'Other' })).split('.');
    const verifier = createVerifier(world.options());
    const verdict = await verifier.verifyCredential(`${header}.${payload}.${signature}`);
    expect(verdict).toMatchObject({ reason: 'signature-invalid', claims: null });
    expect(verdict.report).toMatchObject({
      claims: null,
      subject: { clientId: null, did: null, name: null, host: null },
    });
  });
});

describe("a credential of an organization's own type", () => {
  it('credentials:JS-01 is checked but for its claims, and the report says so', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options(trusting(world.policy, 'AcmeClearance')));
    const verdict = await verifier.verifyCredential(await foreign(world));
    expect(verdict.outcome).toBe('accepted');
    const line = verdict.report.checks.find(({ id }) => id === 'credential.schema');
    expect(line).toMatchObject({
      outcome: 'skipped',
      evidence: { because: 'no validator was given for this type of credential' },
    });
  });

  it('credentials:JS-01 is judged by the validator that the operator passed', async () => {
    const world = await createPaperWorld();
    const seen: JsonObject[] = [];
    const verifier = createVerifier({
      ...world.options(trusting(world.policy, 'AcmeClearance')),
      validators: {
        AcmeClearance: (claims) => {
          seen.push(claims);
          const low = { pointer: '/level', rule: 'acme-level', detail: 'is below four' };
          return Number(claims['level']) < 4 ? [low] : [];
        },
      },
    });
    const verdict = await verifier.verifyCredential(await foreign(world));
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'schema-invalid' });
    expect(seen).toHaveLength(1);
    expect(verdict.report.checks.find(({ id }) => id === 'credential.schema')).toMatchObject({
      evidence: { faults: [{ pointer: '/level', rule: 'acme-level', detail: 'is below four' }] },
      fix: 'Mend the claims and issue anew.',
    });
  });

  it('credentials:JS-01 passes when that validator finds no fault', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier({
      ...world.options(trusting(world.policy, 'AcmeClearance')),
      validators: { AcmeClearance: () => [] },
    });
    const verdict = await verifier.verifyCredential(await foreign(world));
    expect(verdict.outcome).toBe('accepted');
    const line = verdict.report.checks.find(({ id }) => id === 'credential.schema');
    expect(line?.outcome).toBe('pass');
  });

  it('credentials:JS-01 is undetermined when that validator breaks down', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier({
      ...world.options(trusting(world.policy, 'AcmeClearance')),
      validators: {
        AcmeClearance: () => {
          throw new Error('broken');
        },
      },
    });
    const verdict = await verifier.verifyCredential(await foreign(world));
    expect(verdict).toMatchObject({ outcome: 'undetermined', reason: 'schema-invalid' });
  });

  it('is no passport: a document must not carry it', async () => {
    const world = await createPaperWorld();
    await world.publish({ jwt: await foreign(world) });
    const verifier = createVerifier(world.options(trusting(world.policy, 'AcmeClearance')));
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({ reason: 'schema-invalid' });
  });
});
