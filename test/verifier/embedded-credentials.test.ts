import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { judge, type Refusal, type Tamper } from './support/document-cases.ts';
import { createKey, createPaperWorld } from './support/paper-world.ts';
import { changeSubject, onlyTrust, reissue, resign } from './support/tampering.ts';

const carrying =
  (credential: JsonValue): Tamper =>
  (world) =>
    world.publish({ core: { ...world.core, 'vc+jwt': credential }, jwt: undefined });

const passports: readonly Refusal[] = [
  [
    'oauth:VCM-20 the contexts of 2018',
    'credential-malformed',
    reissue((payload) => ({ ...payload, '@context': ['https://www.w3.org/2018/credentials/v1'] })),
  ],
  [
    'oauth:VCM-20 an issuanceDate',
    'credential-malformed',
    reissue((payload) => ({ ...payload, issuanceDate: '2026-11-20T00:00:00Z' })),
  ],
  [
    'oauth:VCM-21 a proof inside',
    'credential-malformed',
    reissue((payload) => ({ ...payload, proof: { type: 'Ed25519Signature2020' } })),
  ],
  ['oauth:VCM-22 another typ', 'credential-malformed', resign({ typ: 'JWT' })],
  ['oauth:VCM-22 a key of its own', 'credential-malformed', resign({ jwk: { kty: 'EC' } })],
  ['oauth:VCM-22 a place for keys', 'credential-malformed', resign({ jku: 'https://evil.com/k' })],
  [
    'oauth:VCM-23 the key of another DID',
    'credential-malformed',
    resign({ kid: 'did:web:keys.acme.com#1' }),
  ],
  [
    'oauth:VCM-24 a DID with a slash',
    'credential-malformed',
    reissue((payload) => ({ ...payload, issuer: 'did:web:id.acme.com/x', iss: 'did:web:x' })),
  ],
  [
    'oauth:VCM-25 a jwks_uri beside the subject',
    'credential-malformed',
    reissue((payload) => ({ ...payload, jwks_uri: 'https://id.acme.com/a/billing-bot/jwks.json' })),
  ],
  [
    'oauth:VCM-26, oauth:VCM-03: no end',
    'credential-malformed',
    reissue(({ exp: _exp, ...rest }) => rest),
  ],
  [
    'oauth:VCM-26, oauth:VCM-03: no status',
    'status-missing',
    reissue(({ credentialStatus: _one, status: _other, ...payload }) => payload),
  ],
  ['oauth:VCM-27 a list of credentials', 'credential-malformed', carrying(['a.b.c'])],
  ['oauth:VCM-27 an object', 'credential-malformed', carrying({ jwt: 'a.b.c' })],
  [
    'oauth:VCM-30 another document around it',
    'document-digest-mismatch',
    (world) => world.publish({ core: { ...world.core, client_name: 'Better Bot' } }),
  ],
  ['oauth:VCM-05 no agentType', 'schema-invalid', changeSubject({ agentType: null })],
  ['oauth:VCM-05 another domain', 'schema-invalid', changeSubject({ issuerDomain: 'evil.com' })],
];

describe('a passport is refused for', () => {
  it.each(passports)('%s', async (_name, reason, tamper) => {
    expect(await judge(tamper)).toMatchObject({ outcome: 'rejected', reason });
  });

  it('oauth:VCM-03 a status that cannot be read: it fails closed', async () => {
    const { outcome, granted } = await judge(
      (world) => world.serve(world.revocationList, { status: 503, body: '' }),
      { scope: 'write:tickets' },
    );
    expect([outcome, granted]).toEqual(['undetermined', []]);
  });
});

describe('what an authorization server does with vc+jwt', () => {
  it('oauth:CHK-01, oauth:CHK-11: reads it from the document, and its claims by their schema', async () => {
    const { outcome, claims } = await judge();
    expect(outcome).toBe('accepted');
    expect(claims).toMatchObject({ agentType: 'agent', name: 'Billing Bot' });
    expect(await judge(changeSubject({ trustScore: 99 }))).toMatchObject({
      reason: 'schema-invalid',
    });
  });

  it.each<Refusal>([
    ['oauth:CHK-02 two parts', 'credential-malformed', (world) => world.publish({ jwt: 'a.b' })],
    [
      'oauth:CHK-02 more than 16 kB',
      'document-too-large',
      (world) => world.publish({ jwt: `a.${'b'.repeat(16_384)}.c` }),
    ],
    ['oauth:CHK-03 a certificate', 'credential-malformed', resign({ x5c: ['AAAA'] })],
    [
      'oauth:CHK-05 a key that is not for assertions',
      'key-not-found',
      async (world) => world.publishIssuer([await createKey()]),
    ],
    [
      'oauth:CHK-05 the document of another DID',
      'issuer-unresolvable',
      (world) => world.serveJson(world.didUrl, { id: 'did:web:evil.com' }),
    ],
    [
      'oauth:CHK-06 a signature by another key',
      'signature-invalid',
      async (world) => {
        const header = { kid: world.kidOf(world.issuerKey) };
        const key = await createKey();
        await world.publish({ jwt: await world.sign(await world.passport(), { key, header }) });
      },
    ],
    ['oauth:CHK-07 an end in the past', 'expired', (world) => world.advance(7 * 86_400_000)],
    [
      'oauth:CHK-07 a life of a year',
      'policy-not-met',
      async (world) => {
        const validUntil = new Date(world.clock() + 365 * 86_400_000);
        await world.publish({ jwt: await world.issue({ validUntil }) });
      },
    ],
    [
      'oauth:CHK-08, oauth:VCM-02: another subject',
      'subject-mismatch',
      async (world) => {
        const clientId = 'https://id.acme.com/a/other-bot/client.json';
        await world.publish({ jwt: await world.issue({ clientId }) });
      },
    ],
    [
      'oauth:CHK-09 a digest that is missing',
      'schema-invalid',
      changeSubject({ documentDigest: null }),
    ],
    [
      'oauth:CHK-10 a bit that is set',
      'status-revoked',
      (world) => world.publishList({ purpose: 'revocation', set: [world.index] }),
    ],
  ])('refuses %s', async (_name, reason, tamper) => {
    expect(await judge(tamper)).toMatchObject({ outcome: 'rejected', reason });
  });

  it('oauth:CHK-04, oauth:CID-55: trusts issuers from a list, each for its own clients', async () => {
    const world = await createPaperWorld();
    const policy = onlyTrust({ clientIds: ['https://evil.com/a/'] })(world.policy);
    const verifier = createVerifier(world.options(policy));
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      reason: 'issuer-not-trusted',
    });
    const clientId = 'https://evil.com/a/bot/client.json';
    const jwt = await createVerifier(world.options()).verifyCredential(
      await world.issue({ clientId }),
    );
    expect(jwt.reason).toBe('issuer-not-trusted');
    expect(world.fetch.asked).toEqual([]);
  });

  it('oauth:CHK-12, oauth:VCM-03: grants what is both asked for and permitted', async () => {
    const { granted, withheld } = await judge(undefined, { scope: 'write:tickets read:logs/pii' });
    expect([granted, withheld]).toEqual([['write:tickets'], ['read:logs/pii']]);
  });

  it('oauth:CHK-13: has what to log: the credential, where its status is, and each check', async () => {
    const { report } = await judge();
    const lines = new Map(report.checks.map(({ id, evidence }) => [id, evidence]));
    expect(report.report).toMatch(/^rpt_[0-9a-f]{32}$/);
    expect(lines.get('credential.envelope')).toMatchObject({
      credential: 'urn:uuid:6f3b0a4e-6a0b-4a3e-9a53-1f1a6f1a8c11',
      issuer: 'did:web:id.acme.com',
    });
    expect(lines.get('status.revocation')).toEqual({
      list: 'https://id.acme.com/status/7r',
      index: 48_211,
    });
  });

  it('oauth:CHK-14: never has the issuer’s key authenticate the client', async () => {
    expect(
      await judge((world) => world.publishKeys([world.agentKey, world.issuerKey])),
    ).toMatchObject({ outcome: 'rejected', reason: 'key-binding-mismatch' });
  });
});
