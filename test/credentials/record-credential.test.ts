import { describe, expect, it } from 'vitest';
import type { FacetDraft } from '../../src/credentials/facet-draft.ts';
import {
  largestPassportBytes,
  recordFacet,
  recordPassport,
} from '../../src/credentials/record-credential.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { anAgent } from '../agents/made-agent.ts';
import { refusalOf } from '../kernel/refusal.ts';
import { asJson, certified, readsLogs } from './made-claims.ts';
import { aContext, aPassportDraft } from './made-context.ts';

const uuid = /"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/;

const envelope = {
  issuer: 'did:web:id.acme.com',
  credentialStatus: [
    {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '48211',
      statusListCredential: 'https://id.acme.com/status/7r',
    },
    {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'suspension',
      statusListIndex: '48211',
      statusListCredential: 'https://id.acme.com/status/7s',
    },
  ],
  status: { status_list: { idx: 48211, uri: 'https://id.acme.com/token-status/7' } },
  iss: 'did:web:id.acme.com',
  sub: 'https://id.acme.com/a/billing-bot/client.json',
};

const examplePassport = {
  '@context': [
    'https://www.w3.org/ns/credentials/v2',
    'https://id.acme.com/contexts/agent-v1.jsonld',
  ],
  id: 'urn:uuid:…',
  type: ['VerifiableCredential', 'AgentAuthorizationCredential'],
  issuer: envelope.issuer,
  validFrom: '2026-11-20T12:00:00Z',
  validUntil: '2026-11-27T12:00:00Z',
  credentialSubject: {
    id: 'https://id.acme.com/a/billing-bot/client.json',
    did: 'did:web:id.acme.com:a:billing-bot',
    name: 'Billing Bot',
    agentType: 'agent',
    agentVersion: '3.2.1',
    issuerDomain: 'id.acme.com',
    authorizedScopes: ['read:logs/production'],
    complianceAttestations: [
      { standard: 'ISO/IEC 27001:2022', validUntil: '2027-03-01T00:00:00Z' },
    ],
    provenance: { digest: `sha256:${'ab'.repeat(32)}`, slsaLevel: 3 },
    delegation: { permitted: false, maxDepth: 0 },
    jwkThumbprints: ['cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s'],
    documentDigest: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
  },
  credentialSchema: {
    id: 'https://id.acme.com/schemas/agent-authorization.v1.json',
    type: 'JsonSchema',
  },
  credentialStatus: envelope.credentialStatus,
  status: envelope.status,
  iss: envelope.iss,
  sub: envelope.sub,
  iat: 1795176000,
  exp: 1795780800,
};

describe('a passport', () => {
  it('has the members of the contract, in their order and no others', () => {
    const { payload } = recordPassport(aContext(), aPassportDraft());
    expect(payload).toMatch(uuid);
    expect(payload.replace(uuid, '"urn:uuid:…"')).toBe(JSON.stringify(examplePassport));
  });

  it('is recorded as an intent with what it was composed from', () => {
    const { payload, ...record } = recordPassport(aContext(), aPassportDraft());
    expect(record).toStrictEqual({
      id: 'crd_1',
      organizationId: 'org_acme',
      agentId: 'agt_1',
      type: 'passport',
      claims: examplePassport.credentialSubject,
      visibility: 'public',
      reason: 'onboarded',
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2026-11-27T12:00:00Z'),
      jwt: null,
      sealing: 'intended',
      keyId: 'key_1',
      status: { listId: 'lst_7', listNumber: 7, index: 48_211 },
      createdAt: new Date('2026-11-20T12:00:00.042Z'),
      series: 'crd_1',
      renewalOf: null,
      renewsForS: null,
    });
  });

  it('of an MCP server says so in its type', () => {
    const context = aContext({ agent: anAgent({ kind: 'mcp-server' }) });
    const payload = JSON.parse(recordPassport(context, aPassportDraft()).payload);
    expect(payload.type).toStrictEqual([
      'VerifiableCredential',
      'AgentAuthorizationCredential',
      'McpServerCredential',
    ]);
    expect(payload.credentialSubject.agentType).toBe('mcp-server');
  });

  it('has no member for what is not known', () => {
    const context = aContext({ agent: anAgent({ version: null }) });
    const summary = { validUntil: new Date('2026-11-27T12:00:00Z') };
    const record = recordPassport(context, aPassportDraft({ summary }));
    expect(Object.keys(JSON.parse(record.payload).credentialSubject)).toStrictEqual([
      'id',
      'did',
      'name',
      'agentType',
      'issuerDomain',
      'jwkThumbprints',
      'documentDigest',
    ]);
  });

  it('is another credential every time', () => {
    const [one, other] = [1, 2].map(() => recordPassport(aContext(), aPassportDraft()).payload);
    expect(one).not.toBe(other);
  });

  it.each([
    ['thumbprints', { jwkThumbprints: ['short'] }, '/credentialSubject/jwkThumbprints/0'],
    ['digest', { documentDigest: '' }, '/credentialSubject/documentDigest'],
    ['keys', { jwkThumbprints: [] }, '/credentialSubject/jwkThumbprints'],
  ])('with %s against its schema is refused at the place', (_name, change, pointer) => {
    const refusal = refusalOf(() => recordPassport(aContext(), aPassportDraft(change)));
    expect(refusal[0]).toBe('claims-invalid');
    expect(refusal[1]).toMatch(new RegExp(`^${pointer}: `));
  });
});

function facetDraft(changes: Partial<FacetDraft> = {}): FacetDraft {
  return {
    type: 'allowed-actions',
    schemaVersion: null,
    claims: asJson(readsLogs),
    visibility: 'on-request',
    reason: 'CHG-4711',
    validFrom: new Date('2026-11-20T12:00:00Z'),
    validUntil: new Date('2027-02-18T12:00:00Z'),
    renewalOf: null,
    series: null,
    renewsForS: 7_776_000,
    ...changes,
  };
}

describe('a facet', () => {
  it('has the claims beside id, did and name, in the envelope of the passport', () => {
    const record = recordFacet(aContext(), facetDraft());
    expect(JSON.parse(record.payload.replace(uuid, '"urn:uuid:…"'))).toStrictEqual({
      '@context': examplePassport['@context'],
      id: 'urn:uuid:…',
      type: ['VerifiableCredential', 'AgentAllowedActionsCredential'],
      validFrom: '2026-11-20T12:00:00Z',
      validUntil: '2027-02-18T12:00:00Z',
      credentialSubject: {
        id: 'https://id.acme.com/a/billing-bot/client.json',
        did: 'did:web:id.acme.com:a:billing-bot',
        name: 'Billing Bot',
        ...readsLogs,
      },
      credentialSchema: {
        id: 'https://id.acme.com/schemas/agent-allowed-actions.v1.json',
        type: 'JsonSchema',
      },
      ...envelope,
      iat: 1795176000,
      exp: 1802952000,
    });
  });

  it('keeps what was asked for beside what is signed', () => {
    const draft = facetDraft({ type: 'compliance', claims: asJson(certified), reason: 'audit' });
    expect(recordFacet(aContext(), draft)).toMatchObject({
      type: 'compliance',
      claims: certified,
      visibility: 'on-request',
      reason: 'audit',
      sealing: 'intended',
      jwt: null,
    });
  });

  it.each([
    [{ actions: [] }, '/credentialSubject/actions'],
    [{ actions: [{ action: 'read', resource: 'a b' }] }, '/credentialSubject/actions/0/resource'],
  ])('with claims like %j is refused', (claims, pointer) => {
    const record = () => recordFacet(aContext(), facetDraft({ claims: claims as JsonObject }));
    const [code, ...faults] = refusalOf(record);
    expect(code).toBe('claims-invalid');
    expect(faults.some((fault) => fault.startsWith(`${pointer}:`))).toBe(true);
  });
});

describe('the largest form of a passport', () => {
  it('is what it is once it has two keys and four attestations', () => {
    const second = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
    const attestation = { standard: 'ISO/IEC 27001:2022', validUntil: '2026-11-27T12:00:00Z' };
    const grown = aPassportDraft({
      summary: {
        ...aPassportDraft().summary,
        complianceAttestations: [attestation, attestation, attestation, attestation],
      },
      jwkThumbprints: [...aPassportDraft().jwkThumbprints, second],
    });
    const header = {
      alg: 'ES256',
      typ: 'vc+jwt',
      cty: 'vc',
      kid: 'did:web:id.acme.com#cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
    };
    const status = { ...aContext().status, index: 131_071 };
    const atLastIndex = { ...aContext(), status };
    const jwt = [JSON.stringify(header), recordPassport(atLastIndex, grown).payload]
      .map((part) => Buffer.from(part).toString('base64url'))
      .concat('s'.repeat(86))
      .join('.');
    expect(largestPassportBytes(aContext(), aPassportDraft())).toBe(jwt.length);
  });

  it('does not depend on the index that it happens to get', () => {
    const sizes = [7, 131_071].map((index) => {
      const status = { ...aContext().status, index };
      return largestPassportBytes(aContext({ status }), aPassportDraft());
    });
    expect(sizes[0]).toBe(sizes[1]);
  });
});
