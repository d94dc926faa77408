import { describe, expect, test } from 'vitest';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';
import { agentDid, clientId, issuer, jwsOf, kid, origin, samplePassport } from './samples.ts';

const passport = samplePassport();

function refusal(changes: JsonObject, header: JsonObject = {}): string | string[] {
  return rulesOf(parseAgentCredential(jwsOf({ ...passport, ...changes }, header)));
}

function without(member: string): JsonObject {
  const { [member]: _left, ...rest } = passport;
  return rest;
}

describe('buildEnvelope', () => {
  test('writes the members of a passport in the order of the contract', () => {
    expect(Object.keys(passport)).toEqual([
      '@context',
      'id',
      'type',
      'issuer',
      'validFrom',
      'validUntil',
      'credentialSubject',
      'credentialSchema',
      'credentialStatus',
      'status',
      'iss',
      'sub',
      'iat',
      'exp',
    ]);
  });

  test('says times twice, in whole seconds, and the index three times', () => {
    const built = samplePassport({
      validFrom: new Date('2026-11-20T12:00:00.900Z'),
      validUntil: new Date('2026-11-27T12:00:00.999Z'),
    });
    expect(built).toMatchObject({
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        'https://id.acme.com/contexts/agent-v1.jsonld',
      ],
      validFrom: '2026-11-20T12:00:00Z',
      validUntil: '2026-11-27T12:00:00Z',
      iat: 1_795_176_000,
      exp: 1_795_780_800,
      iss: 'did:web:id.acme.com',
      sub: 'https://id.acme.com/a/billing-bot/client.json',
      credentialSchema: {
        id: 'https://id.acme.com/schemas/agent-authorization.v1.json',
        type: 'JsonSchema',
      },
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
      status: { status_list: { idx: 48_211, uri: 'https://id.acme.com/token-status/7' } },
    });
  });
});

describe('parseAgentCredential', () => {
  test('gives what the credential says', () => {
    expect(taken(parseAgentCredential(jwsOf(passport)))).toEqual({
      id: 'urn:uuid:6b1c9f1e-52c4-4c44-8a14-8f6f4a1f1a11',
      types: ['VerifiableCredential', 'AgentAuthorizationCredential'],
      issuer,
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: new Date('2026-11-27T12:00:00Z'),
      subject: passport['credentialSubject'],
      subjectId: clientId,
      subjectDid: agentDid,
      bitstringEntries: [
        { purpose: 'revocation', index: 48_211, list: 'https://id.acme.com/status/7r' },
        { purpose: 'suspension', index: 48_211, list: 'https://id.acme.com/status/7s' },
      ],
      tokenStatus: { idx: 48_211, uri: 'https://id.acme.com/token-status/7' },
      schemaId: 'https://id.acme.com/schemas/agent-authorization.v1.json',
      payload: passport,
    });
  });

  test.each([
    '@context',
    'id',
    'type',
    'issuer',
    'validFrom',
    'validUntil',
    'credentialSubject',
    'iss',
    'sub',
    'iat',
    'exp',
  ])('demands %s', (member) => {
    expect(rulesOf(parseAgentCredential(jwsOf(without(member))))).toEqual([
      `/${member} credential-missing-member`,
    ]);
  });

  test.each(['vc', 'vp', 'nbf', 'proof', 'jti', 'evidence', 'issuanceDate', 'aud', 'x/y'])(
    'refuses the member %s',
    (member) => {
      const pointer = member.replace('/', '~1');
      expect(refusal({ [member]: 1 })).toEqual([`/${pointer} credential-unknown-member`]);
    },
  );

  const base = 'https://www.w3.org/ns/credentials/v2';
  const terms = 'https://id.acme.com/contexts/agent-v1.jsonld';
  const undefinedTerms = 'https://www.w3.org/ns/credentials/undefined-terms/v2';

  test.each<[JsonValue]>([
    [base],
    [[]],
    [[base]],
    [[terms, base]],
    [[base, base]],
    [[base, undefinedTerms, terms]],
    [[base, terms, terms]],
    [[base, terms, 'https://evil.example/context']],
    [[base, terms, undefinedTerms, undefinedTerms]],
    [[base, { '@vocab': 'https://evil.example/' }]],
    [[base, terms, { sub: 'https://evil.example/' }]],
    [[base, 'https://id.acme.com/x/contexts/agent-v1.jsonld']],
    [[base, 'https://id.acme.com/contexts/agent-v2.jsonld']],
    [[base, '/contexts/agent-v1.jsonld']],
    [[base, 'https:///contexts/agent-v1.jsonld']],
    [[base, 'ftp://id.acme.com/contexts/agent-v1.jsonld']],
    [[base, 'urn:https://id.acme.com/contexts/agent-v1.jsonld']],
    [['https://www.w3.org/2018/credentials/v1', terms]],
    [null],
  ])('refuses the contexts %j', (contexts) => {
    expect(refusal({ '@context': contexts })).toEqual(['/@context credential-context']);
  });

  test('accepts the context of undefined terms at the end', () => {
    expect(refusal({ '@context': [base, terms, undefinedTerms] })).toBe('ok');
  });

  test.each<[JsonObject, string]>([
    [{ id: 'relative' }, '/id credential-id'],
    [{ id: 7 }, '/id credential-id'],
    [{ id: ['urn:uuid:1'] }, '/id credential-id'],
    [{ id: 'javascript:alert(1)' }, '/id credential-id'],
    [{ type: 'VerifiableCredential' }, '/type credential-type'],
    [{ type: ['AgentAuthorizationCredential'] }, '/type credential-type'],
    [{ type: ['VerifiableCredential', 7] }, '/type credential-type'],
    [{ type: ['VerifiableCredential', 'A', 'A'] }, '/type credential-type'],
    [{ issuer: 'https://id.acme.com' }, '/issuer credential-issuer'],
    [{ issuer: { id: issuer } }, '/issuer credential-issuer'],
    [{ issuer: 'did:key:z6Mk' }, '/issuer credential-issuer'],
    [{ issuer: null }, '/issuer credential-issuer'],
    [{ issuer: 'did:web:evil.example' }, '/iss issuer-mismatch'],
    [{ iss: 'did:web:evil.example' }, '/iss issuer-mismatch'],
    [{ iss: null }, '/iss issuer-mismatch'],
    [{ issuer: 'did:web:evil.example', iss: 'did:web:evil.example' }, '/kid issuer-mismatch'],
    [{ validFrom: '2026-11-20' }, '/validFrom credential-time'],
    [{ validFrom: 1_795_176_000 }, '/validFrom credential-time'],
    [{ validUntil: 'never' }, '/validUntil credential-time'],
    [{ validUntil: null }, '/validUntil credential-time'],
    [{ iat: '1795176000' }, '/validFrom credential-time'],
    [{ iat: 0 }, '/validFrom credential-time'],
    [{ iat: 1.5 }, '/validFrom credential-time'],
    [{ exp: '2026-11-27T12:00:00Z' }, '/validUntil credential-time'],
    [{ exp: null }, '/validUntil credential-time'],
    [{ exp: true }, '/validUntil credential-time'],
    [{ exp: 0 }, '/validUntil credential-time'],
    [{ exp: -1 }, '/validUntil credential-time'],
    [{ exp: [1] }, '/validUntil credential-time'],
    [{ exp: 253_402_300_800 }, '/validUntil credential-time'],
    [{ exp: 1_795_176_000 }, '/validUntil credential-validity'],
    [{ validUntil: '2026-11-20T12:00:00Z' }, '/validUntil credential-validity'],
    [
      { credentialSubject: [passport['credentialSubject'] ?? null] },
      '/credentialSubject subject-type',
    ],
    [{ credentialSubject: clientId }, '/credentialSubject subject-type'],
    [{ credentialSubject: {} }, '/credentialSubject/id subject-id'],
    [{ credentialSubject: { id: { id: clientId } } }, '/credentialSubject/id subject-id'],
    [{ credentialSubject: { id: agentDid, did: agentDid } }, '/credentialSubject/id subject-id'],
    [{ credentialSubject: { id: clientId } }, '/credentialSubject/did subject-did'],
    [{ credentialSubject: { id: clientId, did: clientId } }, '/credentialSubject/did subject-did'],
    [{ sub: `${clientId}x` }, '/sub subject-mismatch'],
    [{ sub: null }, '/sub subject-mismatch'],
    [{ credentialSchema: 'https://x.example' }, '/credentialSchema credential-schema'],
    [{ credentialSchema: null }, '/credentialSchema credential-schema'],
    [{ relatedResource: [null] }, '/relatedResource credential-related-resource'],
    [{ credentialSchema: { type: 'JsonSchema' } }, '/credentialSchema credential-schema'],
    [{ credentialSchema: { id: 'https://x.example' } }, '/credentialSchema credential-schema'],
    [{ credentialSchema: { id: 'x', type: 'JsonSchema' } }, '/credentialSchema credential-schema'],
    [
      { credentialSchema: { id: ['https://x.example'], type: 'JsonSchema' } },
      '/credentialSchema credential-schema',
    ],
    [
      { relatedResource: Array(2).fill({ id: 'https://x.example', digestSRI: 'sha384-AA' }) },
      '/relatedResource credential-related-resource',
    ],
    [{ relatedResource: {} }, '/relatedResource credential-related-resource'],
    [{ relatedResource: ['https://x.example'] }, '/relatedResource credential-related-resource'],
    [
      { relatedResource: [{ id: 'https://x.example' }] },
      '/relatedResource credential-related-resource',
    ],
    [
      { relatedResource: [{ digestSRI: 'sha384-AA' }] },
      '/relatedResource credential-related-resource',
    ],
  ])('refuses %j', (changes, rule) => {
    expect(refusal(changes)).toEqual([rule]);
  });

  test.each(['key-1', `${issuer}`, 'did:web:evil.example#key-1', `${issuer}:a#key-1`, '#key-1'])(
    'refuses the kid %s',
    (name) => {
      expect(refusal({}, { kid: name })).toEqual(['/kid issuer-mismatch']);
    },
  );

  test.each([
    ['vc', 'ok'],
    ['VC', 'ok'],
    ['application/vc', 'ok'],
    ['vp', ['/cty credential-content-type']],
    ['JWT', ['/cty credential-content-type']],
  ])('cty %s: %j', (cty, outcome) => {
    expect(refusal({}, { cty })).toEqual(outcome);
  });

  test('reads times to the end of the year 9999', () => {
    expect(refusal({ validUntil: '9999-12-31T23:59:59Z', exp: 253_402_300_799 })).toBe('ok');
  });

  test('takes the overlap of the two validities', () => {
    const within = taken(
      parseAgentCredential(jwsOf({ ...passport, iat: 1_795_176_060, exp: 1_795_780_740 })),
    );
    expect(within.validFrom).toEqual(new Date('2026-11-20T12:01:00Z'));
    expect(within.validUntil).toEqual(new Date('2026-11-27T11:59:00Z'));
    const around = taken(
      parseAgentCredential(jwsOf({ ...passport, iat: 1_795_175_940, exp: 1_795_780_860 })),
    );
    expect(around.validFrom).toEqual(new Date('2026-11-20T12:00:00Z'));
    expect(around.validUntil).toEqual(new Date('2026-11-27T12:00:00Z'));
  });

  test('accepts resources with either digest, and ignores a schema of another type', () => {
    const relatedResource = [
      { id: 'https://x.example', digestSRI: 'sha384-AA' },
      { id: 'https://y.example', digestMultibase: 'uEiA', mediaType: 'application/json' },
    ];
    expect(refusal({ relatedResource })).toBe('ok');
    const other = { id: 'https://x.example', type: 'JsonSchemaCredential' };
    const parsed = taken(parseAgentCredential(jwsOf({ ...passport, credentialSchema: other })));
    expect(parsed.schemaId).toBeUndefined();
    const none = taken(parseAgentCredential(jwsOf(without('credentialSchema'))));
    expect(none.schemaId).toBeUndefined();
  });
});

describe('the status of a credential', () => {
  const entry = {
    type: 'BitstringStatusListEntry',
    statusPurpose: 'revocation',
    statusListIndex: '7',
    statusListCredential: `${origin}/status/7r`,
  };
  const token = { idx: 7, uri: `${origin}/token-status/7` };

  test('may be the first of each list', () => {
    const credentialStatus = { ...entry, statusListIndex: '0' };
    const first = { ...passport, credentialStatus, status: { status_list: { ...token, idx: 0 } } };
    const parsed = taken(parseAgentCredential(jwsOf(first)));
    expect(parsed.bitstringEntries[0]?.index).toBe(0);
    expect(parsed.tokenStatus?.idx).toBe(0);
  });

  test('may be one entry, of one bit said aloud, or none at all', () => {
    const one = taken(
      parseAgentCredential(
        jwsOf({ ...passport, credentialStatus: { ...entry, statusSize: 1, id: 'urn:x' } }),
      ),
    );
    expect(one.bitstringEntries).toEqual([
      { purpose: 'revocation', index: 7, list: 'https://id.acme.com/status/7r' },
    ]);
    const { credentialStatus: _entries, status: _status, ...bare } = passport;
    const none = taken(parseAgentCredential(jwsOf(bare)));
    expect(none.bitstringEntries).toEqual([]);
    expect(none.tokenStatus).toBeUndefined();
  });

  test.each<[JsonValue, string]>([
    [{ ...entry, id: 'relative' }, '/credentialStatus/0/id status-entry'],
    [{ ...entry, id: ['urn:x'] }, '/credentialStatus/0/id status-entry'],
    [{ ...entry, id: entry.statusListCredential }, '/credentialStatus/0/id status-entry'],
    [null, '/credentialStatus/0 status-entry'],
    ['x', '/credentialStatus/0 status-entry'],
    [[[]], '/credentialStatus/0 status-entry'],
    [[entry, { ...entry, type: 'Other' }], '/credentialStatus/1/type status-unsupported'],
    [
      { ...entry, type: undefined as unknown as JsonValue },
      '/credentialStatus/0/type status-unsupported',
    ],
    [{ ...entry, statusPurpose: 'message' }, '/credentialStatus/0/statusPurpose status-purpose'],
    [
      { ...entry, statusPurpose: ['revocation'] },
      '/credentialStatus/0/statusPurpose status-purpose',
    ],
    [{ ...entry, statusSize: 2 }, '/credentialStatus/0/statusSize status-size'],
    [{ ...entry, statusSize: 0 }, '/credentialStatus/0/statusSize status-size'],
    [{ ...entry, statusSize: '1' }, '/credentialStatus/0/statusSize status-size'],
    [{ ...entry, statusListIndex: '-1' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: '1.5' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: 'abc' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: '' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: '07' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: '1e3' }, '/credentialStatus/0/statusListIndex status-index'],
    [{ ...entry, statusListIndex: 7 }, '/credentialStatus/0/statusListIndex status-index'],
    [
      { ...entry, statusListIndex: '1000000000000000000' },
      '/credentialStatus/0/statusListIndex status-index',
    ],
    [
      { ...entry, statusListIndex: '9007199254740992' },
      '/credentialStatus/0/statusListIndex status-index',
    ],
    [
      { ...entry, statusListCredential: 'http://id.acme.com/status/7r' },
      '/credentialStatus/0/statusListCredential status-list-url',
    ],
    [
      { ...entry, statusListCredential: 'https://10.0.0.1/status/7r' },
      '/credentialStatus/0/statusListCredential status-list-url',
    ],
    [
      { ...entry, statusListCredential: 7 },
      '/credentialStatus/0/statusListCredential status-list-url',
    ],
  ])('is refused when an entry is %j', (credentialStatus, rule) => {
    expect(refusal({ credentialStatus })).toEqual([rule]);
  });

  test.each<[JsonValue, string]>([
    [null, '/status/status_list status-token'],
    [{}, '/status/status_list status-token'],
    [{ status_list: [] }, '/status/status_list status-token'],
    [{ status_list: { ...token, idx: '7' } }, '/status/status_list status-token'],
    [{ status_list: { ...token, idx: -1 } }, '/status/status_list status-token'],
    [{ status_list: { ...token, idx: 1.5 } }, '/status/status_list status-token'],
    [{ status_list: { uri: token.uri } }, '/status/status_list status-token'],
    [{ status_list: { idx: 7 } }, '/status/status_list/uri status-list-url'],
    [
      { status_list: { ...token, uri: 'http://x.example/s' } },
      '/status/status_list/uri status-list-url',
    ],
  ])('is refused when the token status is %j', (status, rule) => {
    expect(refusal({ status })).toEqual([rule]);
  });
});

test('a credential of a plain http installation is read as it is written', () => {
  const local = JSON.parse(
    JSON.stringify(passport)
      .replaceAll('https://id.acme.com', 'http://localhost:8787')
      .replaceAll('did:web:id.acme.com', 'did:web:localhost%3A8787'),
  );
  const localKid = kid.replace('id.acme.com', 'localhost%3A8787');
  expect(rulesOf(parseAgentCredential(jwsOf(local, { kid: localKid })))).toBe('ok');
});
