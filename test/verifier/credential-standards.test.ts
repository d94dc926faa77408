import { describe, expect, it } from 'vitest';
import { agentContextPath } from '../../src/protocol/credential-envelope.ts';
import { buildFacet } from '../../src/protocol/facet.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

const base = 'https://www.w3.org/ns/credentials/v2';
const terms = `https://id.acme.com${agentContextPath}`;
const undefinedTerms = 'https://www.w3.org/ns/credentials/undefined-terms/v2';

/** The passport's own subject with these members changed. */
const about = (changes: JsonObject) => (passport: JsonObject) => ({
  credentialSubject: { ...(passport['credentialSubject'] as JsonObject), ...changes },
});

/** The passport's own status entries with these members changed. */
const statusWith = (changes: JsonObject) => (passport: JsonObject) => ({
  credentialStatus: (passport['credentialStatus'] as readonly JsonObject[]).map((entry) => ({
    ...entry,
    ...changes,
  })),
});

type Members = Readonly<Record<string, JsonValue | undefined>>;
type Change = Members | ((passport: JsonObject) => Members);
type Row = readonly [name: string, change: Change, outcome: string];

const malformed = 'credential-malformed';
const mismatch = 'subject-mismatch';
const status = 'status-invalid';

const contexts: readonly Row[] = [
  ['credentials:VCDM-01 one text', { '@context': base }, malformed],
  ['credentials:VCDM-01 another first', { '@context': [terms, base] }, malformed],
  [
    'credentials:VCDM-01 the context of 1.1',
    { '@context': ['https://www.w3.org/2018/credentials/v1', terms] },
    malformed,
  ],
  ['credentials:VCDM-01 none', { '@context': [] }, malformed],
  ['credentials:VCDM-01 null among them', { '@context': [base, null] }, malformed],
  ['credentials:VCDM-01 a number among them', { '@context': [base, 7] }, malformed],
  ['credentials:VCDM-01 a list among them', { '@context': [base, [terms]] }, malformed],
  [
    'credentials:VCDM-03 one that nobody knows',
    { '@context': [base, terms, 'https://evil.example/c'] },
    malformed,
  ],
  [
    'credentials:VCDM-03 one at an address',
    { '@context': [base, 'https://169.254.169.254/latest'] },
    malformed,
  ],
  [
    'credentials:VCDM-18 one that says what sub is',
    { '@context': [base, terms, { sub: 'https://evil.example/' }] },
    malformed,
  ],
  [
    'credentials:VCDM-18 one that names everything',
    { '@context': [base, { '@vocab': 'https://evil.example/' }] },
    malformed,
  ],
  [
    'credentials:VCDM-20 that of undefined terms: a passport has none',
    { '@context': [base, terms, undefinedTerms] },
    'schema-invalid',
  ],
];

const ids: readonly Row[] = [
  ['credentials:VCDM-04 null', { id: null }, malformed],
  ['credentials:VCDM-04 a list', { id: ['urn:uuid:1'] }, malformed],
  ['credentials:VCDM-04 no URL', { id: 'one' }, malformed],
  ['credentials:VCDM-04 null for the subject', about({ id: null }), mismatch],
  [
    'credentials:VCDM-04 a list for the subject',
    about({ id: ['https://id.acme.com/a/billing-bot/client.json'] }),
    mismatch,
  ],
  [
    'credentials:VCDM-04 null for the schema',
    { credentialSchema: { id: null, type: 'JsonSchema' } },
    malformed,
  ],
  [
    'credentials:VCDM-04 no URL for the schema',
    { credentialSchema: { id: 'x', type: 'JsonSchema' } },
    malformed,
  ],
  ...[null, [], 7, 'x', 'https://id.acme.com/status/7r'].map(
    (id): Row => [
      `credentials:VCDM-04 ${JSON.stringify(id)} for a status entry`,
      statusWith({ id: id as JsonValue }),
      status,
    ],
  ),
  ['credentials:VCDM-08 no issuer', { issuer: null }, malformed],
  ['credentials:VCDM-08 a list of issuers', { issuer: ['did:web:id.acme.com'] }, malformed],
  ['credentials:VCDM-08 a number for an issuer', { issuer: 7 }, malformed],
  [
    'credentials:VCDM-08, credentials:VCDM-07: an issuer with a name',
    { issuer: { id: 'did:web:id.acme.com', name: 'ACME' } },
    malformed,
  ],
];

const types: readonly Row[] = [
  [
    'credentials:VCDM-05 not that of a credential',
    { type: ['AgentAuthorizationCredential'] },
    malformed,
  ],
  ['credentials:VCDM-05 one text', { type: 'VerifiableCredential' }, malformed],
  ['credentials:VCDM-05 a number among them', { type: ['VerifiableCredential', 7] }, malformed],
  [
    'credentials:VCDM-05 one that no policy names',
    { type: ['VerifiableCredential', 'Unmapped'] },
    'issuer-not-trusted',
  ],
  [
    'credentials:VCDM-05 one more that no policy names',
    { type: ['VerifiableCredential', 'AgentAuthorizationCredential', 'Unmapped'] },
    'issuer-not-trusted',
  ],
  [
    'credentials:VCDM-05 in another order',
    { type: ['AgentAuthorizationCredential', 'VerifiableCredential'] },
    'accepted',
  ],
  ['credentials:VCDM-16 a presentation', { type: ['VerifiablePresentation'] }, malformed],
  ['credentials:VCDM-16 what a presentation holds', { verifiableCredential: ['eyJ'] }, malformed],
  [
    'credentials:VCDM-17 an envelope in an envelope',
    { type: 'EnvelopedVerifiableCredential', id: 'data:application/vc+jwt,eyJ' },
    malformed,
  ],
  ['credentials:SV-09 a vct', { vct: 'https://evil.example/vct' }, malformed],
];

const members: readonly Row[] = [
  ...['termsOfUse', 'evidence', 'refreshService', 'renderMethod', 'confidenceMethod'].map(
    (name): Row => [
      `credentials:VCDM-06 ${name}, which would go unread`,
      { [name]: { type: 'X' } },
      malformed,
    ],
  ),
  [
    'credentials:VCDM-06 a schema without a type',
    { credentialSchema: { id: 'https://x.example' } },
    malformed,
  ],
  [
    'credentials:VCDM-06, credentials:VCDM-13: a status without a type',
    statusWith({ type: null }),
    status,
  ],
  ['credentials:VCDM-07 a name of the credential', { name: 'Passport' }, malformed],
  [
    'credentials:VCDM-07 a description with other members',
    { description: { '@value': 'x', x: 1 } },
    malformed,
  ],
  [
    'credentials:VCDM-10 a text for a subject',
    { credentialSubject: 'https://id.acme.com/a' },
    mismatch,
  ],
  ['credentials:VCDM-10 a number for a subject', { credentialSubject: 7 }, mismatch],
  ['credentials:VCDM-10 an empty subject', { credentialSubject: {} }, mismatch],
  ['credentials:VCDM-10 no subjects', { credentialSubject: [] }, mismatch],
  [
    'credentials:VCDM-13 a text for a status',
    { credentialStatus: 'https://id.acme.com/status/7r' },
    status,
  ],
  ['credentials:VCDM-13 null for a status', { credentialStatus: null }, status],
  ['credentials:VCDM-14 a text for a schema', { credentialSchema: 'https://x.example' }, malformed],
  ['credentials:VCDM-14 null for a schema', { credentialSchema: null }, malformed],
  ['credentials:VCDM-20 a member beside the known ones', { trustScore: 99 }, malformed],
  [
    'credentials:VCDM-20 a claim beside the known ones',
    about({ trustScore: 99 }),
    'schema-invalid',
  ],
  [
    'credentials:VCDM-21 texts for resources',
    { relatedResource: ['https://x.example'] },
    malformed,
  ],
  [
    'credentials:VCDM-21 a resource without a digest',
    { relatedResource: [{ id: 'https://x.example' }] },
    malformed,
  ],
  [
    'credentials:VCDM-21 a resource twice',
    {
      relatedResource: Array<JsonValue>(2).fill({
        id: 'https://x.example',
        digestSRI: 'sha384-AA',
      }),
    },
    malformed,
  ],
  [
    'credentials:VCDM-23 JSON-LD that is expanded',
    { '@context': [], 'https://www.w3.org/2018/credentials#issuer': [] },
    malformed,
  ],
  [
    'credentials:JC-16 no type of status that is checked here',
    statusWith({ type: 'Other2026' }),
    status,
  ],
  [
    'credentials:JC-17 a type of status that nobody knows',
    { credentialStatus: { type: 'Other2026', id: 'https://x.example' } },
    status,
  ],
  [
    'credentials:JC-16 a schema of a type that nobody knows',
    { credentialSchema: { id: 'https://x.example', type: 'Other2026' } },
    'accepted',
  ],
  ['credentials:JC-16 no schema', { credentialSchema: undefined }, 'accepted'],
];

const read = ['/.well-known/did.json', '/status/7r', '/status/7s'];

describe('a credential is held to the standard, and to a profile that leaves nothing unread', () => {
  it.each([...contexts, ...ids, ...types, ...members])('%s', async (_name, change, outcome) => {
    const world = await createPaperWorld();
    const passport = await world.passport();
    const changed = typeof change === 'function' ? change(passport) : change;
    // JSON has no undefined: a member that is undefined is left out.
    const payload = { ...passport, ...changed } as JsonObject;
    const verdict = await createVerifier(world.options()).verifyCredential(
      await world.sign(payload),
    );
    expect(verdict.reason ?? verdict.outcome).toBe(outcome);
    const paths = world.fetch.asked.map((url) => url.replace('https://id.acme.com', ''));
    expect(paths.filter((path) => !read.includes(path))).toEqual([]);
  });

  it('credentials:VCDM-02, credentials:VCDM-22, credentials:JS-04: and nothing that it names is fetched', async () => {
    const world = await createPaperWorld();
    const { revocationList, suspensionList, tokenList, index } = world;
    const facet = buildFacet({
      type: 'compliance',
      origin: world.origin,
      id: 'urn:uuid:0e4f8f0e-5b0a-4b55-8a0c-2f1df3e0a002',
      issuer: world.issuer,
      clientId: world.clientId,
      did: 'did:web:id.acme.com:a:billing-bot',
      name: 'Billing Bot',
      claims: {
        attestations: [
          {
            framework: 'https://framework.example/27001',
            edition: 'ISO/IEC 27001:2022',
            outcome: 'conformant',
            assessor: 'did:web:assessor.example',
            evidence: {
              url: 'https://evidence.example/report',
              digest: `sha256:${'ab'.repeat(32)}`,
            },
          },
        ],
      },
      validFrom: new Date(world.clock()),
      validUntil: new Date(world.clock() + 86_400_000),
      status: { revocationList, suspensionList, tokenList, index },
    });
    const jwt = await world.sign({
      ...facet,
      credentialSchema: { id: 'https://schema.example/any.json', type: 'JsonSchema' },
      relatedResource: [{ id: 'https://resource.example/report', digestSRI: 'sha384-AA' }],
    });
    const trust = world.policy.trust.map((entry) => ({
      ...entry,
      credentialTypes: ['AgentComplianceCredential'],
    }));
    const verifier = createVerifier(world.options({ ...world.policy, trust }));
    expect((await verifier.verifyCredential(jwt)).outcome).toBe('accepted');
    expect(new Set(world.fetch.asked)).toEqual(
      new Set([world.didUrl, revocationList, suspensionList]),
    );
  });

  it('credentials:VCDM-25 and says apart that it was changed, and that it is malformed', async () => {
    const world = await createPaperWorld();
    const verifier = createVerifier(world.options());
    const header = { kid: world.kidOf(world.issuerKey) };
    const forged = await world.sign(await world.passport(), { key: world.agentKey, header });
    const crooked = await world.sign({ ...(await world.passport()), id: 'no URL' });
    const refused = { outcome: 'rejected', claims: null };
    expect(await verifier.verifyCredential(forged)).toMatchObject({
      ...refused,
      reason: 'signature-invalid',
    });
    expect(await verifier.verifyCredential(crooked)).toMatchObject({
      ...refused,
      reason: 'credential-malformed',
    });
  });

  it('credentials:VA-03 and neither its status nor its validity is a mere warning', async () => {
    const world = await createPaperWorld();
    const jwt = await world.issue();
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    expect(await createVerifier(world.options()).verifyCredential(jwt)).toMatchObject({
      outcome: 'rejected',
      reason: 'status-suspended',
      granted: [],
    });
    world.advance(7 * 86_400_000);
    expect(await createVerifier(world.options()).verifyCredential(jwt)).toMatchObject({
      outcome: 'rejected',
      reason: 'expired',
      granted: [],
    });
  });
});
