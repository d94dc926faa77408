import { describe, expect, test } from 'vitest';
import {
  buildDidDocument,
  findAssertionKey,
  parseDidDocument,
} from '../../src/protocol/did-document.ts';
import { didWebOf } from '../../src/protocol/did-web.ts';
import { parsePublicJwk } from '../../src/protocol/jwk.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';

const did = didWebOf('https://id.acme.com');
const kid = `${did}#key-1`;
const at = new Date('2026-11-20T12:00:00Z');
const ec = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const jwk = taken(parsePublicJwk(ec));
const method: JsonObject = { id: kid, type: 'JsonWebKey', controller: did, publicKeyJwk: ec };
const document: JsonObject = { id: did, verificationMethod: [method], assertionMethod: [kid] };

function find(changes: JsonObject, asked: { kid?: string; at?: Date } = {}): string | string[] {
  const parsed = parseDidDocument({ ...document, ...changes }, did);
  return parsed.ok
    ? rulesOf(findAssertionKey(parsed.value, { kid, at, ...asked }))
    : rulesOf(parsed);
}

describe('buildDidDocument', () => {
  test('lists keys with what they are for', () => {
    const built = buildDidDocument({
      did,
      alsoKnownAs: ['https://id.acme.com/a/b/client.json'],
      keys: [
        { kid, jwk, relationships: ['assertionMethod', 'authentication'] },
        { kid: `${did}#key-2`, jwk: taken(parsePublicJwk(okp)), relationships: ['authentication'] },
      ],
    });
    expect(built).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
      id: did,
      alsoKnownAs: ['https://id.acme.com/a/b/client.json'],
      verificationMethod: [
        {
          id: kid,
          type: 'JsonWebKey',
          controller: did,
          publicKeyJwk: { ...ec, kid: 'key-1', alg: 'ES256' },
        },
        {
          id: `${did}#key-2`,
          type: 'JsonWebKey',
          controller: did,
          publicKeyJwk: { ...okp, kid: 'key-2', alg: 'Ed25519' },
        },
      ],
      assertionMethod: [kid],
      authentication: [kid, `${did}#key-2`],
    });
    const read = taken(parseDidDocument(built, did));
    expect(taken(findAssertionKey(read, { kid, at }))).toEqual(ec);
    expect(rulesOf(findAssertionKey(read, { kid: `${did}#key-2`, at }))).toEqual([
      'key-relationship',
    ]);
  });

  test.each(['assertionMethod', 'authentication'] as const)(
    'a key for %s alone brings no other relationship',
    (relationship) => {
      const built = buildDidDocument({ did, keys: [{ kid, jwk, relationships: [relationship] }] });
      expect(built).toStrictEqual({
        '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
        id: did,
        verificationMethod: [
          {
            id: kid,
            type: 'JsonWebKey',
            controller: did,
            publicKeyJwk: { ...ec, kid: 'key-1', alg: 'ES256' },
          },
        ],
        [relationship]: [kid],
      });
    },
  );

  test('without keys nothing verifies', () => {
    const built = buildDidDocument({ did, keys: [] });
    expect(built).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
      id: did,
    });
    const read = taken(parseDidDocument(built, did));
    expect(rulesOf(findAssertionKey(read, { kid, at }))).toEqual(['key-not-found']);
  });
});

describe('parseDidDocument', () => {
  test('gives what verification needs', () => {
    const read = taken(parseDidDocument({ ...document, alsoKnownAs: ['https://x.example'] }, did));
    expect(read.did).toBe(did);
    expect(read.alsoKnownAs).toEqual(['https://x.example']);
    expect(read.assertionMethod).toEqual([kid]);
    expect(read.methods.map((each) => each.id)).toEqual([kid]);
  });

  test.each<[JsonValue, string]>([
    [null, 'did-document-shape'],
    [[document], 'did-document-shape'],
    ['{}', 'did-document-shape'],
    [{ ...document, id: 'did:web:evil.example' }, '/id did-document-id'],
    [{ ...document, id: `${did}:a` }, '/id did-document-id'],
    [{ verificationMethod: [] }, '/id did-document-id'],
    [{ ...document, alsoKnownAs: 'https://x.example' }, '/alsoKnownAs did-document-shape'],
    [{ ...document, alsoKnownAs: [7] }, '/alsoKnownAs did-document-shape'],
    [{ ...document, verificationMethod: method }, '/verificationMethod did-document-shape'],
    [{ ...document, verificationMethod: [kid] }, '/verificationMethod did-document-shape'],
    [
      { ...document, verificationMethod: [method, { ...method, id: 7 }] },
      '/verificationMethod did-document-shape',
    ],
    [{ ...document, assertionMethod: kid }, '/assertionMethod did-document-shape'],
    [{ ...document, assertionMethod: [7] }, '/assertionMethod did-document-shape'],
    [{ ...document, assertionMethod: [{}] }, '/assertionMethod did-document-shape'],
    [
      { ...document, verificationMethod: Array<JsonValue>(65).fill(method) },
      '/verificationMethod did-document-shape',
    ],
    [
      { ...document, assertionMethod: Array<JsonValue>(65).fill(kid) },
      '/assertionMethod did-document-shape',
    ],
  ])('refuses %j', (json, rule) => {
    expect(rulesOf(parseDidDocument(json, did))).toEqual([rule]);
  });

  test('gives no other names when there are none', () => {
    expect(taken(parseDidDocument(document, did)).alsoKnownAs).toEqual([]);
  });

  test('reads 64 methods', () => {
    const methods = Array.from({ length: 64 }, (_, i) => ({ ...method, id: `${did}#k${i}` }));
    expect(
      taken(parseDidDocument({ id: did, verificationMethod: methods }, did)).methods,
    ).toHaveLength(64);
  });
});

describe('findAssertionKey', () => {
  test('finds a key by reference, embedded, and by a relative id', () => {
    expect(find({})).toBe('ok');
    expect(find({ verificationMethod: [], assertionMethod: [method] })).toBe('ok');
    expect(find({ verificationMethod: [{ ...method, id: '#key-1' }] })).toBe('ok');
    expect(find({ assertionMethod: ['#key-1'] })).toBe('ok');
  });

  test('is not disturbed by methods that it is not asked for', () => {
    const others: JsonObject[] = [
      { id: `${did}#old`, type: 'Ed25519VerificationKey2020', controller: did },
      {
        id: 'did:web:other.example#key-1',
        type: 'JsonWebKey',
        controller: 'did:web:other.example',
      },
    ];
    expect(find({ verificationMethod: [...others, method] })).toBe('ok');
  });

  test('takes a member that only mentions a public key for no key', () => {
    expect(find({ verificationMethod: [{ ...method, 'x-publicKeyNote': 'rolled in May' }] })).toBe(
      'ok',
    );
  });

  test.each<[string, JsonObject, string]>([
    ['no such method', { verificationMethod: [] }, 'key-not-found'],
    ['another name', { verificationMethod: [{ ...method, id: `${did}#key-2` }] }, 'key-not-found'],
    [
      'the same fragment under another DID',
      { verificationMethod: [{ ...method, id: 'did:web:evil.example#key-1' }] },
      'key-not-found',
    ],
    [
      'two methods of one name',
      { verificationMethod: [method, { ...method, publicKeyJwk: okp }] },
      'key-ambiguous',
    ],
    ['listed and embedded', { assertionMethod: [method] }, 'key-ambiguous'],
    [
      'another controller',
      { verificationMethod: [{ ...method, controller: 'did:web:evil.example' }] },
      'key-controller',
    ],
    [
      'no controller',
      { verificationMethod: [{ id: kid, type: 'JsonWebKey', publicKeyJwk: ec }] },
      'key-controller',
    ],
    ['no assertion methods', { assertionMethod: [] }, 'key-relationship'],
    [
      'a key for authentication',
      { assertionMethod: [], authentication: [kid], capabilityInvocation: [kid] },
      'key-relationship',
    ],
    ['another type', { verificationMethod: [{ ...method, type: 'Multikey' }] }, '/type key-type'],
    [
      'two forms of a key',
      { verificationMethod: [{ ...method, publicKeyMultibase: 'z6Mk' }] },
      'key-material',
    ],
    [
      'another form of a key',
      {
        verificationMethod: [
          { id: kid, type: 'JsonWebKey', controller: did, publicKeyMultibase: 'z6Mk' },
        ],
      },
      'key-material',
    ],
    [
      'a private key beside it',
      { verificationMethod: [{ ...method, secretKeyJwk: { ...ec, d: 'AA' } }] },
      'key-material',
    ],
    [
      'a private key in it',
      { verificationMethod: [{ ...method, publicKeyJwk: { ...ec, d: 'AA' } }] },
      '/publicKeyJwk jwk-private',
    ],
    [
      'a key for encryption',
      { verificationMethod: [{ ...method, publicKeyJwk: { ...ec, use: 'enc' } }] },
      '/publicKeyJwk/use jwk-use',
    ],
    [
      'a point off the curve',
      { verificationMethod: [{ ...method, publicKeyJwk: { ...ec, y: ec.x } }] },
      '/publicKeyJwk jwk-malformed',
    ],
    [
      'an expired method',
      { verificationMethod: [{ ...method, expires: '2026-11-20T12:00:00Z' }] },
      '/expires key-expired',
    ],
    [
      'a revoked method',
      { verificationMethod: [{ ...method, revoked: '2026-11-20T12:00:00Z' }] },
      '/revoked key-revoked',
    ],
    ['an odd date', { verificationMethod: [{ ...method, expires: 'soon' }] }, '/expires key-date'],
    [
      'null for a date',
      { verificationMethod: [{ ...method, revoked: null }] },
      '/revoked key-date',
    ],
  ])('refuses %s', (_what, changes, rule) => {
    expect(find(changes)).toEqual([rule]);
  });

  test('a method ends at the instant it names, and not before', () => {
    const ending = { verificationMethod: [{ ...method, expires: '2026-11-20T12:00:00.001Z' }] };
    expect(find(ending)).toBe('ok');
    expect(find(ending, { at: new Date('2026-11-20T12:00:00.001Z') })).toEqual([
      '/expires key-expired',
    ]);
  });

  test('does not find a key under another DID, even when the document claims it', () => {
    const foreign = { ...method, id: 'did:web:evil.example#key-1' };
    const listed = { verificationMethod: [foreign], assertionMethod: [foreign.id] };
    expect(find(listed, { kid: foreign.id })).toEqual(['key-not-found']);
  });

  test('an absent list of assertion methods is not a list of all', () => {
    const read = taken(parseDidDocument({ id: did, verificationMethod: [method] }, did));
    expect(read.assertionMethod).toEqual([]);
    expect(rulesOf(findAssertionKey(read, { kid, at }))).toEqual(['key-relationship']);
  });

  test.each([
    '#key-1',
    'key-1',
    'did:web:evil.example#key-1',
    did,
    `${did}#`,
    '',
    `${did}?x#key-1`,
  ])('refuses the kid %j', (name) => {
    expect(find({}, { kid: name })).toEqual(['key-not-found']);
  });
});
