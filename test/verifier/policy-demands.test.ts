import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { requiring } from './support/tampering.ts';

const standard = 'ISO/IEC 27001:2022';

async function judgeAttestation(validUntil: string | undefined): Promise<string> {
  const world = await createPaperWorld();
  const attestation = { standard, ...(validUntil === undefined ? {} : { validUntil }) };
  await world.publish({ jwt: await world.issue({ complianceAttestations: [attestation] }) });
  const policy = requiring({ complianceAttestations: [standard] })(world.policy);
  const { outcome, reason } = await createVerifier(world.options(policy)).verifyClient(
    world.clientId,
  );
  return reason ?? outcome;
}

describe('an attestation that the policy requires', () => {
  it.each([
    ['for good', undefined, 'accepted'],
    ['for one second more', '2026-11-20T12:00:01Z', 'accepted'],
    ['until this very second', '2026-11-20T12:00:00Z', 'policy-not-met'],
  ])('counts while it holds: %s', async (_, validUntil, verdict) => {
    expect(await judgeAttestation(validUntil)).toBe(verdict);
  });
});

describe('a scope that the policy requires', () => {
  it('is missing for good when the passport names its scopes, whatever facets cannot be read', async () => {
    const world = await createPaperWorld();
    world.serve(world.facetListing, 'hang-up');
    const policy = requiring({ authorizedScopes: ['audit:self'] })(world.policy);
    const verdict = await createVerifier(world.options(policy)).verifyClient(world.clientId, {
      authorizationDetails: [{ type: 'tickets' }],
    });
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'policy-not-met' });
  });
});
