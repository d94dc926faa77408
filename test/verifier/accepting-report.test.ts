import { describe, expect, it } from 'vitest';
import { createInspector, createVerifier } from '../../src/verifier/index.ts';
import type { AccessRequest } from '../../src/verifier/ports.ts';
import type { Report } from '../../src/verifier/verdict.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { requiring } from './support/tampering.ts';

const kid = expect.stringMatching(/^did:web:id\.acme\.com#[\w-]{43}$/);
const issuer = 'did:web:id.acme.com';
const passed = (evidence: object = {}) => ['pass', evidence, null];
const skipped = (because: string) => ['skipped', { because }, null];

/** What a report says of a client whose papers are in order, when nothing is asked for it. */
const inOrder: Readonly<Record<string, readonly unknown[]>> = {
  'client-id.syntax': passed(),
  'client-id.trust': passed(),
  'document.fetch': passed({ bytes: expect.any(Number), ageS: 0 }),
  'document.metadata': passed(),
  'document.client-id': passed(),
  'document.credential': passed({ from: 'document' }),
  'credential.envelope': passed({
    credential: 'urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11',
    issuer,
    types: ['VerifiableCredential', 'AgentAuthorizationCredential'],
  }),
  'issuer.trust': passed({ issuer }),
  'issuer.did': passed({ did: issuer }),
  'issuer.key': passed({ kid }),
  'credential.signature': passed({ alg: 'ES256' }),
  'credential.schema': passed(),
  'credential.validity': passed({ validUntil: '2026-11-26T12:00:00Z' }),
  'credential.lifetime': passed({ days: 7, maxDays: 31 }),
  'credential.subject': passed({ subject: 'https://id.acme.com/a/billing-bot/client.json' }),
  'document.digest': passed(),
  'document.keys': passed({ keys: 1 }),
  'status.entries': passed({ entries: 2 }),
  'status.lists': passed({ lists: 2, ageS: 0 }),
  'status.revocation': passed({ list: 'https://id.acme.com/status/7r', index: 48_211 }),
  'status.suspension': passed({ list: 'https://id.acme.com/status/7s', index: 48_211 }),
  'credential.facets': skipped('the passport says everything that is asked'),
  'policy.credentials': skipped('the policy requires no type of credential'),
  'policy.claims': skipped('the policy requires no claim'),
  'policy.attestations': skipped('the policy requires no attestation'),
  'policy.scopes': skipped('the policy requires no scope'),
  'policy.approval': skipped('no approvals are kept'),
  'access.scopes': skipped('no scope was requested'),
  'access.details': skipped('no authorization detail was requested'),
};

const demanding = requiring({
  complianceAttestations: ['ISO/IEC 27001:2022'],
  authorizedScopes: ['read:logs/production'],
  credentialTypes: ['AgentAllowedActionsCredential'],
  claims: [{ claim: '/agentType', oneOf: ['agent'] }],
});

const permitTickets = {
  actions: [{ action: 'write', resource: 'tickets', authorizationDetails: [{ type: 'tickets' }] }],
};

/** Judges an agent that has a facet, under a policy that asks for one of everything. */
async function judgeDemandingly(request: AccessRequest): Promise<Report> {
  const world = await createPaperWorld();
  await world.publishFacets([{ jwt: await world.issueFacet({ claims: permitTickets }) }]);
  const verifier = createVerifier(world.options(demanding(world.policy)));
  return (await verifier.verifyClient(world.clientId, request)).report;
}

function linesOf({ outcome, checks }: Report) {
  expect(outcome).toBe('accepted');
  return Object.fromEntries(
    checks.map(({ id, outcome: line, evidence, fix }) => [id, [line, evidence, fix]]),
  );
}

const verifierOf = (world: PaperWorld) => createVerifier(world.options());

describe('the report of a client that is accepted', () => {
  it('says what every check rests on', async () => {
    const world = await createPaperWorld();
    const { report } = await verifierOf(world).verifyClient(world.clientId);
    expect(linesOf(report)).toEqual(inOrder);
  });

  it('says what was required, and what was granted', async () => {
    const request = { scope: 'write:tickets', authorizationDetails: [{ type: 'tickets' }] };
    expect(linesOf(await judgeDemandingly(request))).toEqual({
      ...inOrder,
      'credential.facets': passed({ facets: 1 }),
      'policy.credentials': passed({ held: ['AgentAllowedActionsCredential'] }),
      'policy.claims': passed({ claims: ['/agentType'] }),
      'policy.attestations': passed({ attested: ['ISO/IEC 27001:2022'] }),
      'policy.scopes': passed({ permitted: ['read:logs/production'] }),
      'access.scopes': passed({ granted: ['write:tickets'] }),
      'access.details': passed({ granted: 1, withheld: 0 }),
    });
  });

  it('says what was withheld, and what would permit it', async () => {
    const authorizationDetails = [{ type: 'tickets' }, { type: 'payments' }];
    const report = await judgeDemandingly({ scope: 'write:tickets pay', authorizationDetails });
    expect(linesOf(report)).toMatchObject({
      'access.scopes': [
        'warn',
        { granted: ['write:tickets'], withheld: ['pay'] },
        "Permit the withheld scopes in the agent's papers.",
      ],
      'access.details': [
        'warn',
        { granted: 1, withheld: 1 },
        "Permit the withheld details in the agent's allowed actions.",
      ],
    });
  });

  it('says of a credential on its own that no document was presented', async () => {
    const world = await createPaperWorld();
    const { report } = await verifierOf(world).verifyCredential(await world.issue());
    const ofDocument = Object.keys(inOrder).filter((id) => /^(client-id|document)\./.test(id));
    const unseen = ofDocument.map((id) => [id, skipped('no document was presented')]);
    expect(linesOf(report)).toEqual({ ...inOrder, ...Object.fromEntries(unseen) });
  });

  it('says of a facet on its own what only a passport is held to', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options(demanding(world.policy)));
    const facet = await world.issueFacet();
    const { report } = await verifier.verifyCredential(facet, { scope: 'write:tickets' });
    const lines = linesOf(report);
    const ofPassports = skipped('only a passport is held to this');
    expect(lines['credential.lifetime']).toEqual(ofPassports);
    for (const [id, line] of Object.entries(lines)) {
      if (id.startsWith('policy.')) expect([id, line]).toEqual([id, ofPassports]);
    }
    expect(lines['access.scopes']).toEqual([
      'warn',
      {
        granted: [],
        withheld: ['write:tickets'],
        because: 'the papers name no scopes: absent never means any',
      },
      'Have the scopes named in papers that are public.',
    ]);
  });

  it('says of an inspection that nobody was trusted', async () => {
    const { fetch, clock, clientId } = await createPaperWorld();
    const report = await createInspector({ fetch, clock }).inspectClient(clientId);
    expect(linesOf(report)).toEqual({
      ...inOrder,
      'client-id.trust': skipped('no policy was given'),
      'issuer.trust': [
        'warn',
        { issuer },
        'Verify with a policy that names the issuers you trust.',
      ],
    });
  });
});
