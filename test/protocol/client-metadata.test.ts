import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ClientId } from '../../src/protocol/client-id.ts';
import {
  buildClientMetadata,
  clientMetadataDigest,
  measureMembers,
  parseClientMetadata,
  serializeDocument,
  withCredential,
} from '../../src/protocol/client-metadata.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';

const clientId = 'https://id.acme.com/a/billing-bot/client.json' as ClientId;
const input = {
  clientId,
  clientName: 'Billing Bot',
  clientUri: 'https://id.acme.com/a/billing-bot',
  applicationType: 'web' as const,
  redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
  grantTypes: ['authorization_code', 'client_credentials'],
  signingAlg: 'ES256' as const,
  jwksUri: 'https://id.acme.com/a/billing-bot/jwks.json',
  contacts: ['agents@acme.com'],
};
const core = buildClientMetadata(input);

function refusal(changes: JsonObject, options: { allowLoopback?: boolean } = {}) {
  return rulesOf(parseClientMetadata({ ...core, ...changes }, { clientId, ...options }));
}

describe('buildClientMetadata', () => {
  test('writes the members in their order and leaves absent ones out', () => {
    expect(JSON.stringify(core)).toBe(
      '{"client_id":"https://id.acme.com/a/billing-bot/client.json","client_name":"Billing Bot",' +
        '"client_uri":"https://id.acme.com/a/billing-bot","application_type":"web",' +
        '"redirect_uris":["https://id.acme.com/a/billing-bot/callback"],' +
        '"grant_types":["authorization_code","client_credentials"],"response_types":["code"],' +
        '"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256",' +
        '"jwks_uri":"https://id.acme.com/a/billing-bot/jwks.json","contacts":["agents@acme.com"]}',
    );
  });

  test('writes what is optional, and no empty array', () => {
    const full = buildClientMetadata({
      ...input,
      contacts: [],
      logoUri: 'https://id.acme.com/logo.png',
      policyUri: 'https://id.acme.com/policy',
      tosUri: 'https://id.acme.com/tos',
      softwareId: 'billing-bot',
      softwareVersion: '3.2.1',
    });
    expect(Object.keys(full).slice(10)).toEqual([
      'logo_uri',
      'policy_uri',
      'tos_uri',
      'software_id',
      'software_version',
    ]);
    expect(full).not.toHaveProperty('contacts');
  });

  test('is read back as it was meant', () => {
    const document = withCredential(core, 'a.b.c');
    expect(taken(parseClientMetadata(document, { clientId }))).toEqual({
      clientId,
      clientName: 'Billing Bot',
      redirectUris: ['https://id.acme.com/a/billing-bot/callback'],
      grantTypes: ['authorization_code', 'client_credentials'],
      responseTypes: ['code'],
      tokenEndpointAuthMethod: 'private_key_jwt',
      tokenEndpointAuthSigningAlg: 'ES256',
      jwksUri: 'https://id.acme.com/a/billing-bot/jwks.json',
      jwks: undefined,
      credential: 'a.b.c',
      document,
    });
  });
});

describe('clientMetadataDigest', () => {
  test('is the SHA-256 of the canonical form without the credential', async () => {
    const canonical =
      '{"application_type":"web","client_id":"https://id.acme.com/a/billing-bot/client.json",' +
      '"client_name":"Billing Bot","client_uri":"https://id.acme.com/a/billing-bot",' +
      '"contacts":["agents@acme.com"],"grant_types":["authorization_code","client_credentials"],' +
      '"jwks_uri":"https://id.acme.com/a/billing-bot/jwks.json",' +
      '"redirect_uris":["https://id.acme.com/a/billing-bot/callback"],"response_types":["code"],' +
      '"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256"}';
    const expected = createHash('sha256').update(canonical).digest('base64url');
    expect(await clientMetadataDigest(core)).toBe(expected);
    expect(await clientMetadataDigest(withCredential(core, 'a.b.c'))).toBe(expected);
  });

  test('changes with any other member', async () => {
    const digest = await clientMetadataDigest(core);
    const swapped = { ...core, redirect_uris: ['https://evil.example/callback'] };
    expect(await clientMetadataDigest(swapped)).not.toBe(digest);
    expect(await clientMetadataDigest({ ...core, vc: 'x' })).not.toBe(digest);
  });
});

describe('sizes', () => {
  test('a document is compact JSON without a final line break', () => {
    expect(Buffer.from(serializeDocument({ a: [1, 'é'] })).toString()).toBe('{"a":[1,"é"]}');
  });

  test('members are measured in octets, the largest first, and add up', () => {
    const measured = measureMembers({ b: 'é', a: 'xxxx', c: [1, 2] });
    expect(measured).toEqual([
      { name: 'a', bytes: 11 },
      { name: 'c', bytes: 10 },
      { name: 'b', bytes: 9 },
    ]);
    const document = withCredential(core, 'x'.repeat(2_000));
    const total = measureMembers(document).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total + 1).toBe(serializeDocument(document).length);
    expect(measureMembers(document)[0]?.name).toBe('vc+jwt');
  });
});

describe('parseClientMetadata', () => {
  test('asks for no more than CIMD does', () => {
    const parsed = taken(
      parseClientMetadata({ client_id: clientId, x: null, y: [] }, { clientId }),
    );
    expect(parsed).toMatchObject({
      clientName: undefined,
      redirectUris: [],
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      tokenEndpointAuthMethod: 'none',
      jwksUri: undefined,
      jwks: undefined,
      credential: undefined,
    });
    expect(parsed).not.toHaveProperty('tokenEndpointAuthSigningAlg');
  });

  test.each<[JsonObject, string]>([
    [{ client_id: `${clientId}/` }, '/client_id client-id-mismatch'],
    [
      { client_id: 'https://ID.acme.com/a/billing-bot/client.json' },
      '/client_id client-id-mismatch',
    ],
    [{ client_id: null }, '/client_id client-id-mismatch'],
    [{ client_secret: 's' }, '/client_secret metadata-secret'],
    [{ client_secret: null }, '/client_secret metadata-secret'],
    [{ client_secret_expires_at: 0 }, '/client_secret_expires_at metadata-secret'],
    [
      { token_endpoint_auth_method: 'client_secret_basic' },
      '/token_endpoint_auth_method metadata-secret',
    ],
    [
      { token_endpoint_auth_method: 'client_secret_post' },
      '/token_endpoint_auth_method metadata-secret',
    ],
    [
      { token_endpoint_auth_method: 'client_secret_jwt' },
      '/token_endpoint_auth_method metadata-secret',
    ],
    [{ token_endpoint_auth_method: 7 }, '/token_endpoint_auth_method metadata-type'],
    [{ token_endpoint_auth_method: null }, '/token_endpoint_auth_method metadata-type'],
    [{ token_endpoint_auth_signing_alg: [] }, '/token_endpoint_auth_signing_alg metadata-type'],
    [{ client_name: { en: 'x' } }, '/client_name metadata-type'],
    [{ redirect_uris: 'https://a.example/cb' }, '/redirect_uris metadata-type'],
    [{ redirect_uris: [7] }, '/redirect_uris metadata-type'],
    [{ redirect_uris: ['https://a.example/cb', 7] }, '/redirect_uris metadata-type'],
    [{ grant_types: null }, '/grant_types metadata-type'],
    [{ response_types: 'code' }, '/response_types metadata-type'],
    [{ extra: { deep: [{ kty: 'EC', d: 'AA' }] } }, '/extra/deep/0 metadata-private-key'],
    [{ extra: { kty: 'oct', k: 'AA' } }, '/extra metadata-private-key'],
    [{ kty: 'EC', d: null }, 'metadata-private-key'],
    [{ jwks: { keys: [] } }, '/jwks metadata-keys'],
    [{ jwks: null }, '/jwks metadata-keys'],
    [{ jwks_uri: 'https://evil.example/jwks.json' }, '/jwks_uri jwks-uri-origin'],
    [{ jwks_uri: 'https://id.acme.com:8443/jwks.json' }, '/jwks_uri jwks-uri-origin'],
    [{ jwks_uri: 'https://id.acme.com.evil.example/jwks.json' }, '/jwks_uri jwks-uri-origin'],
    [{ jwks_uri: 'http://id.acme.com/jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: 'https://u@id.acme.com/jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: 'https://:p@id.acme.com/jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: 'https://id.acme.com/jwks.json#x' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: 'https:\\\\id.acme.com\\jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: '/jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: ' https://id.acme.com/jwks.json' }, '/jwks_uri metadata-uri'],
    [{ jwks_uri: null }, '/jwks_uri metadata-type'],
    [{ redirect_uris: ['javascript:alert(1)'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['JavaScript:alert(1)'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['data:text/html,x'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['vbscript:x'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['file:///etc/passwd'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['https://*.acme.com/cb'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['https://a.example/cb#x'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['https://a.example/cb#'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['/cb'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: [''] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ redirect_uris: ['java\nscript:alert(1)'] }, '/redirect_uris/0 metadata-redirect-uri'],
    [{ client_uri: 'javascript:alert(1)' }, '/client_uri metadata-uri'],
    [{ client_uri: 'http://id.acme.com/' }, '/client_uri metadata-uri'],
    [{ client_uri: ['https://id.acme.com/'] }, '/client_uri metadata-uri'],
    [{ logo_uri: 'data:image/png;base64,AA' }, '/logo_uri metadata-uri'],
    [{ policy_uri: 'not a URL' }, '/policy_uri metadata-uri'],
    [{ tos_uri: null }, '/tos_uri metadata-uri'],
    [{ 'vc+jwt': ['a.b.c'] }, '/vc+jwt credential-malformed'],
    [{ 'vc+jwt': {} }, '/vc+jwt credential-malformed'],
    [{ 'vc+jwt': null }, '/vc+jwt credential-malformed'],
  ])('refuses %j', (changes, rule) => {
    expect(refusal(changes)).toEqual([rule]);
  });

  test('demands a client_id', () => {
    expect(rulesOf(parseClientMetadata({}, { clientId }))).toEqual([
      '/client_id client-id-mismatch',
    ]);
  });

  test('names every fault at once', () => {
    expect(refusal({ client_id: 'x', client_secret: 's', 'vc+jwt': 7 })).toEqual([
      '/client_id client-id-mismatch',
      '/client_secret metadata-secret',
      '/vc+jwt credential-malformed',
    ]);
  });

  test.each<JsonObject>([
    { token_endpoint_auth_method: 'none' },
    { token_endpoint_auth_method: 'tls_client_auth' },
    {
      redirect_uris: [
        'com.acme.app:/callback',
        'http://127.0.0.1:7777/cb',
        'https://other.example/cb?x=1',
        'https://other.example/data:/cb?then=javascript:void',
      ],
    },
    { extra: { d: 1, k: 2 } },
    { extra: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } },
    { jwks_uri: 'https://id.acme.com/elsewhere/jwks.json?v=2' },
    { scope: 'read', unknown: [null] },
  ])('accepts %j', (changes) => {
    expect(refusal(changes)).toBe('ok');
  });

  test('gives the response types that the document names', () => {
    const document = { ...core, response_types: ['code', 'none'] };
    expect(taken(parseClientMetadata(document, { clientId })).responseTypes).toEqual([
      'code',
      'none',
    ]);
  });

  test('hands an inline key set on', () => {
    const { jwks_uri: _uri, ...rest } = core;
    const jwks: JsonValue = { keys: [] };
    expect(taken(parseClientMetadata({ ...rest, jwks }, { clientId })).jwks).toEqual(jwks);
  });

  test('reads http of this machine by name, when that is allowed', () => {
    const local = 'http://localhost:8787/a/b/client.json' as ClientId;
    const document = {
      client_id: local,
      client_uri: 'http://localhost:8787/a/b',
      jwks_uri: 'http://localhost:8787/a/b/jwks.json',
    };
    const parse = (allowLoopback: boolean, changes: JsonObject = {}) =>
      rulesOf(parseClientMetadata({ ...document, ...changes }, { clientId: local, allowLoopback }));
    expect(parse(true)).toBe('ok');
    expect(parse(false)).toEqual(['/jwks_uri metadata-uri', '/client_uri metadata-uri']);
    for (const uri of [
      'http://127.0.0.1:8787/',
      'ftp://localhost/',
      'http://localhost.evil.com/',
    ]) {
      expect(parse(true, { client_uri: uri })).toEqual(['/client_uri metadata-uri']);
    }
  });
});
