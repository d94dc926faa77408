import { describe, expect, test } from 'vitest';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import { buildPassport, parsePassport } from '../../src/protocol/passport.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';
import { agentDid, clientId, jwsOf, samplePassport } from './samples.ts';

const passport = samplePassport();
const subject = passport['credentialSubject'] as JsonObject;

function refusal(changes: JsonObject, rest: JsonObject = {}): string | string[] {
  const payload = { ...passport, credentialSubject: { ...subject, ...changes }, ...rest };
  return rulesOf(parsePassport(taken(parseAgentCredential(jwsOf(payload)))));
}

describe('buildPassport', () => {
  test('writes the subject in the order of the contract', () => {
    expect(subject).toEqual({
      id: clientId,
      did: agentDid,
      name: 'Billing Bot',
      agentType: 'agent',
      agentVersion: '3.2.1',
      issuerDomain: 'id.acme.com',
      authorizedScopes: ['read:logs/production', 'write:tickets'],
      complianceAttestations: [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2027-03-01T00:00:00Z' },
        { standard: 'SOC 2' },
      ],
      provenance: { digest: `sha256:${'ab'.repeat(32)}`, slsaLevel: 3 },
      delegation: { permitted: false, maxDepth: 0 },
      jwkThumbprints: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
      documentDigest: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    });
    expect(Object.keys(subject)).toEqual([
      'id',
      'did',
      'name',
      'agentType',
      'agentVersion',
      'issuerDomain',
      'authorizedScopes',
      'complianceAttestations',
      'provenance',
      'delegation',
      'jwkThumbprints',
      'documentDigest',
    ]);
  });

  test('leaves out what there is none of', () => {
    const bare = samplePassport({
      agentVersion: undefined,
      authorizedScopes: undefined,
      complianceAttestations: undefined,
      provenance: undefined,
      delegation: undefined,
    });
    expect(Object.keys(bare['credentialSubject'] as JsonObject)).toEqual([
      'id',
      'did',
      'name',
      'agentType',
      'issuerDomain',
      'jwkThumbprints',
      'documentDigest',
    ]);
    expect(rulesOf(parsePassport(taken(parseAgentCredential(jwsOf(bare)))))).toBe('ok');
  });

  test('holds 32 scopes, and none when there are more', () => {
    const scopes = (count: number) => Array.from({ length: count }, (_, i) => `read:logs/${i}`);
    const holding = samplePassport({ authorizedScopes: scopes(32) });
    expect(holding['credentialSubject']).toHaveProperty('authorizedScopes', scopes(32));
    expect(rulesOf(parsePassport(taken(parseAgentCredential(jwsOf(holding)))))).toBe('ok');
    const over = samplePassport({ authorizedScopes: scopes(33) });
    expect(over['credentialSubject']).not.toHaveProperty('authorizedScopes');
    expect(refusal({ authorizedScopes: scopes(33) })).toEqual([
      '/credentialSubject/authorizedScopes subject-length',
    ]);
  });

  test('says that an MCP server is one', () => {
    expect(samplePassport({ agentType: 'mcp-server' })['type']).toEqual([
      'VerifiableCredential',
      'AgentAuthorizationCredential',
      'McpServerCredential',
    ]);
    expect(samplePassport({ agentType: 'mcp-client' })['type']).toEqual([
      'VerifiableCredential',
      'AgentAuthorizationCredential',
    ]);
  });
});

describe('parsePassport', () => {
  test('gives the subject', () => {
    const credential = taken(parseAgentCredential(jwsOf(passport)));
    expect(taken(parsePassport(credential))).toEqual({ credential, subject });
  });

  test('knows an MCP server by its further type, and demands it', () => {
    const server = samplePassport({ agentType: 'mcp-server' });
    expect(rulesOf(parsePassport(taken(parseAgentCredential(jwsOf(server)))))).toBe('ok');
    expect(refusal({ agentType: 'mcp-server' })).toEqual(['/type credential-type']);
    expect(refusal({}, { type: server['type'] ?? null })).toEqual(['/type credential-type']);
    expect(refusal({}, { type: ['AgentAuthorizationCredential', 'VerifiableCredential'] })).toBe(
      'ok',
    );
    expect(refusal({}, { type: ['VerifiableCredential', 'AgentComplianceCredential'] })).toEqual([
      '/type credential-type',
    ]);
    expect(refusal({}, { type: ['VerifiableCredential'] })).toEqual(['/type credential-type']);
  });

  test('has nothing more in its envelope', () => {
    const relatedResource = [{ id: 'https://acme.com/sbom.json', digestSRI: 'sha384-AA' }];
    expect(refusal({}, { relatedResource })).toEqual([
      '/relatedResource credential-unknown-member',
    ]);
    const contexts = passport['@context'] as readonly string[];
    const undefinedTerms = 'https://www.w3.org/ns/credentials/undefined-terms/v2';
    expect(refusal({}, { '@context': [...contexts, undefinedTerms] })).toEqual([
      '/@context credential-context',
    ]);
  });

  const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';

  test.each<[JsonObject, string]>([
    [{ trustScore: 0.9 }, '/trustScore subject-unknown-member'],
    [{ name: '' }, '/name subject-format'],
    [{ name: 'a\u0000b' }, '/name subject-format'],
    [{ name: 'a\u0085b' }, '/name subject-format'],
    [{ name: 'a\u202eb' }, '/name subject-format'],
    [{ name: 'a\u2028b' }, '/name subject-format'],
    [{ name: 7 }, '/name subject-type'],
    [{ name: 'a'.repeat(201) }, '/name subject-length'],
    [{ agentType: 'tool' }, '/agentType subject-format'],
    [{ agentType: null }, '/agentType subject-format'],
    [{ agentVersion: '' }, '/agentVersion subject-format'],
    [{ agentVersion: 'v'.repeat(101) }, '/agentVersion subject-length'],
    [{ issuerDomain: 'evil.example' }, '/issuerDomain subject-issuer-domain'],
    [{ issuerDomain: 'https://id.acme.com' }, '/issuerDomain subject-format'],
    [{ authorizedScopes: 'read:logs' }, '/authorizedScopes subject-type'],
    [{ authorizedScopes: ['a b'] }, '/authorizedScopes/0 subject-format'],
    [{ authorizedScopes: ['a', 'a'] }, '/authorizedScopes subject-length'],
    [{ authorizedScopes: ['a', 7] }, '/authorizedScopes/1 subject-type'],
    [{ authorizedScopes: null }, '/authorizedScopes subject-type'],
    [{ complianceAttestations: [] }, '/complianceAttestations subject-length'],
    [{ complianceAttestations: [{}] }, '/complianceAttestations/0 subject-missing-member'],
    [
      { complianceAttestations: [{ standard: 'x', validUntil: '2027-03-01' }] },
      '/complianceAttestations/0/validUntil subject-format',
    ],
    [
      { complianceAttestations: Array(5).fill({ standard: 'x' }) },
      '/complianceAttestations subject-length',
    ],
    [{ provenance: { digest: 'sha256:AB' } }, '/provenance/digest subject-format'],
    [{ provenance: { digest: `md5:${'a'.repeat(32)}` } }, '/provenance/digest subject-format'],
    [{ provenance: { slsaLevel: 5 } }, '/provenance/slsaLevel subject-range'],
    [{ provenance: { slsaLevel: -1 } }, '/provenance/slsaLevel subject-range'],
    [{ provenance: { slsaLevel: 1.5 } }, '/provenance/slsaLevel subject-range'],
    [{ provenance: { slsaLevel: '3' } }, '/provenance/slsaLevel subject-range'],
    [{ delegation: { permitted: true } }, '/delegation subject-missing-member'],
    [{ delegation: { permitted: 'no', maxDepth: 0 } }, '/delegation/permitted subject-type'],
    [{ delegation: { permitted: true, maxDepth: 4 } }, '/delegation/maxDepth subject-range'],
    [{ delegation: { permitted: false, maxDepth: 1 } }, '/delegation/maxDepth subject-range'],
    [{ jwkThumbprints: [] }, '/jwkThumbprints subject-length'],
    [{ jwkThumbprints: [thumbprint, thumbprint] }, '/jwkThumbprints subject-length'],
    [{ jwkThumbprints: [thumbprint.slice(1)] }, '/jwkThumbprints/0 subject-format'],
    [{ jwkThumbprints: [`${thumbprint}A`] }, '/jwkThumbprints/0 subject-length'],
    [{ jwkThumbprints: [`${thumbprint.slice(0, 42)}t`] }, '/jwkThumbprints/0 subject-format'],
    [{ documentDigest: `sha256:${'ab'.repeat(32)}` }, '/documentDigest subject-length'],
    [{ documentDigest: '' }, '/documentDigest subject-format'],
  ])('refuses %j', (changes, rule) => {
    expect(refusal(changes)).toEqual([`/credentialSubject${rule}`]);
  });

  test.each(['name', 'agentType', 'issuerDomain', 'jwkThumbprints', 'documentDigest'])(
    'demands %s',
    (member) => {
      const { [member]: _left, ...rest } = subject;
      const payload = { ...passport, credentialSubject: rest };
      expect(rulesOf(parsePassport(taken(parseAgentCredential(jwsOf(payload)))))).toEqual([
        '/credentialSubject subject-missing-member',
      ]);
    },
  );

  test('names every fault at once', () => {
    expect(refusal({ name: 7, x: 1, documentDigest: '' })).toEqual([
      '/credentialSubject/name subject-type',
      '/credentialSubject/documentDigest subject-format',
      '/credentialSubject/x subject-unknown-member',
    ]);
  });

  test('counts characters, not code units', () => {
    expect(refusal({ name: '😀'.repeat(200) })).toBe('ok');
    expect(refusal({ name: '😀'.repeat(201) })).toEqual(['/credentialSubject/name subject-length']);
  });

  test.each<JsonObject>([
    { authorizedScopes: [] },
    { provenance: {} },
    { delegation: { permitted: true, maxDepth: 3 } },
    { delegation: { permitted: true, maxDepth: 0 } },
    { agentType: 'mcp-client' },
    { name: 'Büro-Agent 7 — “billing”' },
  ])('accepts %j', (changes) => {
    expect(refusal(changes)).toBe('ok');
  });

  test('an issuer on a port may name it', () => {
    const local = buildPassport({
      origin: 'http://localhost:8787',
      id: 'urn:uuid:6b1c9f1e-52c4-4c44-8a14-8f6f4a1f1a11',
      issuer: taken(parseAgentCredential(jwsOf(passport))).issuer,
      clientId,
      did: agentDid,
      name: 'x',
      agentType: 'agent',
      issuerDomain: 'id.acme.com:8443',
      jwkThumbprints: [thumbprint],
      documentDigest: thumbprint,
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2026-11-27T12:00:00Z'),
      status: {
        revocationList: 'https://id.acme.com/status/7r',
        suspensionList: 'https://id.acme.com/status/7s',
        tokenList: 'https://id.acme.com/token-status/7',
        index: 0,
      },
    });
    const credential = taken(parseAgentCredential(jwsOf(local)));
    expect(rulesOf(parsePassport(credential))).toEqual([
      '/credentialSubject/issuerDomain subject-issuer-domain',
    ]);
    const onPort = {
      ...credential,
      issuer: 'did:web:id.acme.com%3A8443' as typeof credential.issuer,
    };
    expect(rulesOf(parsePassport(onPort))).toBe('ok');
    const unnamed = { ...onPort, subject: { ...onPort.subject, issuerDomain: 'id.acme.com' } };
    expect(rulesOf(parsePassport(unnamed))).toBe('ok');
  });
});
