import { describe, expect, test } from 'vitest';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import {
  buildFacet,
  type FacetType,
  facetCredentialTypes,
  facetSchemas,
  facetTypes,
  parseFacet,
  parseFacetClaims,
} from '../../src/protocol/facet.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';
import { agentDid, clientId, issuer, jwsOf, origin, sampleClaims, sampleFacet } from './samples.ts';

describe('facets', () => {
  test('are known by these names', () => {
    expect(facetTypes).toEqual(['compliance', 'provenance', 'allowed-actions']);
    expect(facetCredentialTypes).toEqual({
      compliance: 'AgentComplianceCredential',
      provenance: 'AgentProvenanceCredential',
      'allowed-actions': 'AgentAllowedActionsCredential',
    });
    expect(facetSchemas).toEqual({
      compliance: 'agent-compliance.v1.json',
      provenance: 'agent-provenance.v1.json',
      'allowed-actions': 'agent-allowed-actions.v1.json',
    });
  });

  test.each(facetTypes)('%s is read back as it was built', (type) => {
    const payload = sampleFacet(type);
    expect(payload['type']).toEqual(['VerifiableCredential', facetCredentialTypes[type]]);
    expect(payload['credentialSubject']).toEqual({
      id: clientId,
      did: agentDid,
      name: 'Billing Bot',
      ...sampleClaims[type],
    });
    const credential = taken(parseAgentCredential(jwsOf(payload)));
    expect(credential.schemaId).toBe(`${origin}/schemas/${facetSchemas[type]}`);
    expect(taken(parseFacet(credential))).toEqual({
      credential,
      type,
      name: 'Billing Bot',
      claims: sampleClaims[type],
    });
  });

  test('say which outside documents they bind', () => {
    const relatedResource = [{ id: 'https://acme.com/sbom.json', digestSRI: 'sha384-AA' }];
    const payload = buildFacet({
      type: 'compliance',
      origin,
      id: 'urn:uuid:6b1c9f1e-52c4-4c44-8a14-8f6f4a1f1a11',
      issuer,
      clientId,
      did: agentDid,
      name: 'Billing Bot',
      claims: sampleClaims.compliance,
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2026-11-27T12:00:00Z'),
      status: {
        revocationList: `${origin}/status/7r`,
        suspensionList: `${origin}/status/7s`,
        tokenList: `${origin}/token-status/7`,
        index: 1,
      },
      relatedResource,
    });
    expect(payload['relatedResource']).toEqual(relatedResource);
    expect(rulesOf(parseAgentCredential(jwsOf(payload)))).toBe('ok');
  });

  test('are refused under another type, without a name, or with claims of another kind', () => {
    const payload = sampleFacet('compliance');
    const subject = payload['credentialSubject'] as JsonObject;
    const refusal = (changes: JsonObject) =>
      rulesOf(parseFacet(taken(parseAgentCredential(jwsOf({ ...payload, ...changes })))));
    expect(refusal({ type: ['VerifiableCredential', 'AgentAuthorizationCredential'] })).toEqual([
      '/type credential-type',
    ]);
    expect(
      refusal({
        type: ['VerifiableCredential', 'AgentComplianceCredential', 'McpServerCredential'],
      }),
    ).toEqual(['/type credential-type']);
    expect(refusal({ type: ['VerifiableCredential', 'AgentProvenanceCredential'] })).toEqual([
      '/credentialSubject subject-missing-member',
      '/credentialSubject/attestations subject-unknown-member',
    ]);
    expect(refusal({ credentialSubject: { ...subject, name: 7 } })).toEqual([
      '/credentialSubject/name subject-type',
    ]);
    const { name: _name, ...nameless } = subject;
    expect(refusal({ credentialSubject: nameless })).toEqual([
      '/credentialSubject/name subject-type',
    ]);
    expect(refusal({ credentialSubject: { ...subject, attestations: [] } })).toEqual([
      '/credentialSubject/attestations subject-length',
    ]);
    const contexts = payload['@context'] as readonly string[];
    const undefinedTerms = 'https://www.w3.org/ns/credentials/undefined-terms/v2';
    expect(refusal({ '@context': [...contexts, undefinedTerms] })).toEqual([
      '/@context credential-context',
    ]);
  });
});

/** A claim at a path replaced, or taken away when the value is undefined. */
function altered(claims: JsonObject, path: string, value: JsonValue | undefined): JsonObject {
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(claims));
  const names = path.split('/').slice(1);
  const last = names.pop() ?? '';
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as JsonObject;
}

const cases: readonly [FacetType, path: string, JsonValue | undefined, fault: string][] = [
  ['compliance', '/attestations', undefined, 'subject-missing-member'],
  ['compliance', '/attestations', [], '/attestations subject-length'],
  ['compliance', '/attestations', {}, '/attestations subject-type'],
  ['compliance', '/score', 1, '/score subject-unknown-member'],
  ['compliance', '/attestations/0', 'x', '/attestations/0 subject-type'],
  ['compliance', '/attestations/0/framework', undefined, '/attestations/0 subject-missing-member'],
  [
    'compliance',
    '/attestations/0/framework',
    'ISO 27001',
    '/attestations/0/framework subject-format',
  ],
  [
    'compliance',
    '/attestations/0/framework',
    'javascript:x',
    '/attestations/0/framework subject-format',
  ],
  ['compliance', '/attestations/0/edition', undefined, '/attestations/0 subject-missing-member'],
  ['compliance', '/attestations/0/outcome', undefined, '/attestations/0 subject-missing-member'],
  ['compliance', '/attestations/0/outcome', '', '/attestations/0/outcome subject-format'],
  ['compliance', '/attestations/0/assessor', undefined, '/attestations/0 subject-missing-member'],
  ['compliance', '/attestations/0/validUntil', '2027', '/attestations/0/validUntil subject-format'],
  ['compliance', '/attestations/0/validFrom', null, '/attestations/0/validFrom subject-format'],
  ['compliance', '/attestations/0/scope', 'x'.repeat(501), '/attestations/0/scope subject-length'],
  [
    'compliance',
    '/attestations/0/evidence/url',
    undefined,
    '/attestations/0/evidence subject-missing-member',
  ],
  [
    'compliance',
    '/attestations/0/evidence/digest',
    'AA',
    '/attestations/0/evidence/digest subject-format',
  ],
  [
    'compliance',
    '/attestations/0/evidence/x',
    1,
    '/attestations/0/evidence/x subject-unknown-member',
  ],
  ['provenance', '/software', undefined, 'subject-missing-member'],
  ['provenance', '/software/commit', 'HEAD', '/software/commit subject-format'],
  ['provenance', '/software/commit', 'abcdef', '/software/commit subject-format'],
  ['provenance', '/software/commit', 'v0123456', '/software/commit subject-format'],
  ['provenance', '/software/commit', '0123456-dirty', '/software/commit subject-format'],
  ['provenance', '/software/commit', undefined, '/software subject-missing-member'],
  ['provenance', '/software/repository', 'acme/bot', '/software/repository subject-format'],
  ['provenance', '/build/slsaLevel', 5, '/build/slsaLevel subject-range'],
  ['provenance', '/build/builder', undefined, '/build subject-missing-member'],
  ['provenance', '/artifacts', [], '/artifacts subject-length'],
  ['provenance', '/artifacts/0/digest', undefined, '/artifacts/0 subject-missing-member'],
  ['provenance', '/model/provider', undefined, '/model subject-missing-member'],
  ['provenance', '/model/approvedBy/at', 'yesterday', '/model/approvedBy/at subject-format'],
  ['provenance', '/model/approvedBy/policy', undefined, '/model/approvedBy subject-missing-member'],
  ['provenance', '/sbom/url', 'sbom.json', '/sbom/url subject-format'],
  ['provenance', '/agentCard/digest', undefined, '/agentCard subject-missing-member'],
  ['provenance', '/mcpServer', 'x', '/mcpServer subject-type'],
  ['allowed-actions', '/actions', undefined, 'subject-missing-member'],
  ['allowed-actions', '/actions', [], '/actions subject-length'],
  ['allowed-actions', '/actions/0/action', 'read logs', '/actions/0/action subject-format'],
  ['allowed-actions', '/actions/0/action', '', '/actions/0/action subject-format'],
  ['allowed-actions', '/actions/0/resource', 'lögs', '/actions/0/resource subject-format'],
  ['allowed-actions', '/actions/0/resource', undefined, '/actions/0 subject-missing-member'],
  ['allowed-actions', '/actions/0/resource', 'x'.repeat(201), '/actions/0/resource subject-length'],
  ['allowed-actions', '/actions/0/constraints', [], '/actions/0/constraints subject-type'],
  ['allowed-actions', '/actions/0/constraints', 'x', '/actions/0/constraints subject-type'],
  [
    'allowed-actions',
    '/actions/0/authorizationDetails',
    [],
    '/actions/0/authorizationDetails subject-length',
  ],
  [
    'allowed-actions',
    '/actions/0/authorizationDetails',
    [7],
    '/actions/0/authorizationDetails/0 subject-type',
  ],
  [
    'allowed-actions',
    '/actions/0/authorizationDetails',
    [{}],
    '/actions/0/authorizationDetails/0 subject-missing-member',
  ],
  [
    'allowed-actions',
    '/actions/0/authorizationDetails',
    [{ type: '' }],
    '/actions/0/authorizationDetails/0 subject-missing-member',
  ],
  ['allowed-actions', '/denied', [], '/denied subject-length'],
  ['allowed-actions', '/denied/0/constraints', {}, '/denied/0/constraints subject-unknown-member'],
  ['allowed-actions', '/delegation/maxDepth', 4, '/delegation/maxDepth subject-range'],
  [
    'allowed-actions',
    '/delegation',
    { permitted: false, maxDepth: 1 },
    '/delegation/maxDepth subject-range',
  ],
];

describe('parseFacetClaims', () => {
  test.each(facetTypes)('accepts every member that %s can have', (type) => {
    expect(parseFacetClaims(type, sampleClaims[type])).toEqual({
      ok: true,
      value: sampleClaims[type],
    });
  });

  test.each(cases)('%s: %s = %j is refused', (type, path, value, fault) => {
    expect(rulesOf(parseFacetClaims(type, altered(sampleClaims[type], path, value)))).toEqual([
      fault,
    ]);
  });

  test.each(facetTypes)('%s: refuses what is no object', (type) => {
    for (const claims of [null, [], 'x', 7]) {
      expect(rulesOf(parseFacetClaims(type, claims))).toEqual(['subject-type']);
    }
  });

  test('needs no optional member', () => {
    const { software } = sampleClaims.provenance;
    expect(rulesOf(parseFacetClaims('provenance', { software: software ?? null }))).toBe('ok');
    const actions = [{ action: 's3:GetObject', resource: 'bucket/*' }];
    expect(rulesOf(parseFacetClaims('allowed-actions', { actions }))).toBe('ok');
    const attestations = [
      {
        framework: 'http://data.europa.eu/eli/reg/2024/1689/oj',
        edition: '2026-08-02',
        outcome: 'conformant',
        assessor: 'TÜV',
      },
    ];
    expect(rulesOf(parseFacetClaims('compliance', { attestations }))).toBe('ok');
  });

  test('a member that every object inherits is unknown, not overlooked', () => {
    const claims = { ...sampleClaims.compliance, toString: 'x' };
    expect(rulesOf(parseFacetClaims('compliance', claims))).toEqual([
      '/toString subject-unknown-member',
    ]);
  });
});
