import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { checkPolicyClaims } from '../../src/verifier/checks/policy-claims.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { Inquiry } from '../../src/verifier/inquiry.ts';
import { presentCredential } from '../../src/verifier/intake/from-jwt.ts';
import type { RequiredClaim } from '../../src/verifier/ports.ts';
import { createSources } from '../../src/verifier/sources.ts';
import { trustOf } from '../../src/verifier/trust.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { changeSubject, requiring } from './support/tampering.ts';

async function judge(claims: readonly RequiredClaim[], subject: JsonObject = {}) {
  const world = await createPaperWorld();
  await changeSubject(subject)(world);
  const verifier = createVerifier(world.options(requiring({ claims })(world.policy)));
  const { outcome, reason, report } = await verifier.verifyClient(world.clientId);
  const line = report.checks.find(({ id }) => id === 'policy.claims');
  return { outcome, reason, evidence: line?.evidence, asked: world.fetch.asked };
}

const subject: JsonObject = {
  agentVersion: '3.2.1',
  provenance: { slsaLevel: 2, digest: `sha256:${'ab'.repeat(32)}` },
  delegation: { permitted: true, maxDepth: 1 },
};

describe('a claim that the policy requires', () => {
  it.each<RequiredClaim>([
    { claim: '/agentVersion', oneOf: ['3.2.1'] },
    { claim: '/agentVersion', oneOf: ['3.2.0', '3.2.1'] },
    { claim: '/agentType', oneOf: ['agent', 'mcp-client'] },
    { claim: '/provenance/slsaLevel', atLeast: 2 },
    { claim: '/provenance/slsaLevel', atLeast: -1 },
    { claim: '/provenance/slsaLevel', oneOf: [3, 2] },
    { claim: '/delegation/permitted', oneOf: [true] },
  ])('is made: %j', async (claim) => {
    const verdict = await judge([claim], subject);
    expect(verdict).toMatchObject({ outcome: 'accepted', evidence: { claims: [claim.claim] } });
  });

  it.each<RequiredClaim>([
    { claim: '/agentVersion', oneOf: ['3.2'] },
    { claim: '/agentVersion', oneOf: [true, 3] },
    { claim: '/agentVersion', atLeast: 0 },
    { claim: '/AgentVersion', oneOf: ['3.2.1'] },
    { claim: '/provenance/slsaLevel', atLeast: 3 },
    { claim: '/provenance/slsaLevel', oneOf: ['2', true] },
    { claim: '/provenance/slsaLevel/x', oneOf: [2] },
    { claim: '/provenance', oneOf: ['[object Object]'] },
    { claim: '/provenance/', oneOf: [2] },
    { claim: '/delegation/permitted', oneOf: [1, 'true'] },
    { claim: '/delegation/permitted', atLeast: 0 },
    { claim: '/jwkThumbprints/length', atLeast: 1 },
    { claim: '/complianceAttestations/0/standard', oneOf: ['ISO/IEC 27001:2022'] },
    { claim: '/toString/name', oneOf: ['toString'] },
    { claim: '/constructor/name', oneOf: ['Object'] },
    { claim: '/__proto__/constructor/length', atLeast: 1 },
    { claim: '/agentType/length', atLeast: 1 },
    { claim: '/missing', atLeast: -1 },
  ])('is not made: %j', async (claim) => {
    const verdict = await judge([claim], subject);
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'policy-not-met' });
    expect(verdict.evidence).toEqual({ missing: [claim.claim] });
  });

  it('is one of several, all of which have to be made', async () => {
    const made: RequiredClaim = { claim: '/agentVersion', oneOf: ['3.2.1'] };
    const missing: RequiredClaim = { claim: '/provenance/slsaLevel', atLeast: 3 };
    expect((await judge([made, made], subject)).outcome).toBe('accepted');
    expect((await judge([made, missing], subject)).evidence).toEqual({
      missing: ['/provenance/slsaLevel'],
    });
  });

  it('is none of a passport that was not signed so: the signature decides first', async () => {
    const world = await createPaperWorld();
    const [header, , signature] = (await world.issue()).split('.');
    const wider = JSON.stringify(await world.passport({ agentVersion: '3.2.1' }));
    const payload = Buffer.from(wider).toString('base64url');
    await world.publish({ jwt: `${header}.${payload}.${signature}` });
    const claims: readonly RequiredClaim[] = [{ claim: '/agentVersion', oneOf: ['3.2.1'] }];
    const verifier = createVerifier(world.options(requiring({ claims })(world.policy)));
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      reason: 'signature-invalid',
    });
  });

  it('is looked for by names in which "/" and "~" are escaped', async () => {
    const world = await createPaperWorld();
    const claims: readonly RequiredClaim[] = [
      { claim: '/a~1b/c~0d/~01', oneOf: ['x'] },
      { claim: '/', oneOf: ['empty'] },
    ];
    const { fetch, clock } = world;
    const trust = trustOf(requiring({ claims })(world.policy));
    const sources = createSources({ fetch, clock });
    const court = { clock, trust, sources, allowLoopback: false, validators: new Map() };
    const question = { input: { kind: 'jwt', value: '' }, raw: '', scope: '' } as const;
    const asked = { ...question, details: [], credentials: [] };
    const examine = () => Promise.reject(new Error('nothing else is examined'));
    const inquiry = new Inquiry(court, asked, { deadline: 0, examine });
    const { credential, statement } = presentCredential(await world.issue());
    if (!credential.ok || !statement.ok) throw new Error('a passport that is in order is read');
    const strange = { 'a/b': { 'c~d': { '~1': 'x' } }, '': 'empty' };
    const subject = { ...credential.value.subject, ...strange };
    inquiry.statement.set(statement.value);
    inquiry.signed.set({ ...credential.value, subject });
    expect(checkPolicyClaims(inquiry)).toMatchObject({ outcome: 'pass' });
  });
});

it('nothing is required of a facet, which is judged on its own', async () => {
  const world = await createPaperWorld();
  const claims: readonly RequiredClaim[] = [{ claim: '/missing', oneOf: ['x'] }];
  const policy = requiring({ claims, credentialTypes: ['Missing'] })(world.policy);
  const verifier = createVerifier(world.options(policy));
  const verdict = await verifier.verifyCredential(await world.issueFacet());
  expect(verdict.outcome).toBe('accepted');
  const skipped = verdict.report.checks.filter(({ id }) => id.startsWith('policy.'));
  expect(skipped.map(({ outcome }) => outcome)).toEqual(skipped.map(() => 'skipped'));
});
