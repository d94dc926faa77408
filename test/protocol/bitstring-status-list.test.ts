import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  buildBitstringStatusList,
  decodeBitstring,
  encodeBitstring,
  parseBitstringStatusList,
  readBit,
  setBit,
} from '../../src/protocol/bitstring-status-list.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';
import { issuer, jwsOf, origin } from './samples.ts';

const encoded = (octets: Uint8Array) => `u${Buffer.from(octets).toString('base64url')}`;
const smallest = new Uint8Array(16_384);

describe('bits', () => {
  test('are counted from the most significant one', () => {
    const bits = new Uint8Array(2);
    setBit(bits, 0);
    expect(bits).toEqual(Uint8Array.of(0b1000_0000, 0));
    setBit(bits, 7);
    setBit(bits, 10);
    expect(bits).toEqual(Uint8Array.of(0b1000_0001, 0b0010_0000));
    expect([0, 1, 7, 8, 10, 15].map((index) => readBit(bits, index))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    setBit(bits, 7, false);
    setBit(bits, 6, false);
    expect(bits).toEqual(Uint8Array.of(0b1000_0000, 0b0010_0000));
  });

  test.each([-1, 16, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'throw a RangeError at index %s of 16',
    (index) => {
      const bits = new Uint8Array(2);
      expect(() => readBit(bits, index)).toThrow(RangeError);
      expect(() => setBit(bits, index)).toThrow(RangeError);
      expect(bits).toEqual(new Uint8Array(2));
    },
  );
});

describe('an encoded bitstring', () => {
  test('is multibase base64url of gzip', async () => {
    const bits = new Uint8Array(16_384);
    setBit(bits, 48_211);
    const text = await encodeBitstring(bits);
    expect(text).toMatch(/^uH4sI[A-Za-z0-9_-]+$/);
    expect(new Uint8Array(gunzipSync(Buffer.from(text.slice(1), 'base64url')))).toEqual(bits);
    expect(taken(await decodeBitstring(text))).toEqual(bits);
  });

  test.each([
    ['no multibase prefix', encoded(gzipSync(smallest)).slice(1)],
    ['another multibase prefix', `z${encoded(gzipSync(smallest)).slice(1)}`],
    ['padding', `${encoded(gzipSync(smallest))}=`],
    [
      'standard base64',
      `u${Buffer.from(gzipSync(smallest)).toString('base64').replace(/=/g, '')}+/`,
    ],
    ['zlib', encoded(deflateSync(smallest))],
    ['no compression', encoded(smallest)],
    ['nothing', 'u'],
    ['an empty text', ''],
    ['a truncated stream', encoded(gzipSync(smallest).subarray(0, -3))],
    ['half a stream', encoded(gzipSync(smallest).subarray(0, 20))],
    [
      'an altered checksum',
      encoded(Buffer.concat([gzipSync(smallest).subarray(0, -8), Buffer.alloc(8)])),
    ],
    ['octets after the stream', encoded(Buffer.concat([gzipSync(smallest), Buffer.from('xyz')]))],
    ['a zero after the stream', encoded(Buffer.concat([gzipSync(smallest), Buffer.alloc(1)]))],
    ['zeros after the stream', encoded(Buffer.concat([gzipSync(smallest), Buffer.alloc(9)]))],
  ])('is refused with %s', async (_what, text) => {
    expect(rulesOf(await decodeBitstring(text))).toEqual(['status-list-encoding']);
  });

  test('has at least 131,072 entries', async () => {
    expect(rulesOf(await decodeBitstring(encoded(gzipSync(smallest))))).toBe('ok');
    const short = encoded(gzipSync(smallest.subarray(1)));
    expect(rulesOf(await decodeBitstring(short))).toEqual(['status-list-length']);
  });

  test('is cut where it inflates beyond 16 MiB', async () => {
    const most = 16_777_216;
    expect(rulesOf(await decodeBitstring(encoded(gzipSync(new Uint8Array(most)))))).toBe('ok');
    const over = encoded(gzipSync(new Uint8Array(most + 1)));
    expect(rulesOf(await decodeBitstring(over))).toEqual(['status-list-too-large']);
    const bomb = encoded(gzipSync(new Uint8Array(128 * 1_048_576)));
    expect(bomb.length).toBeLessThan(200_000);
    expect(rulesOf(await decodeBitstring(bomb))).toEqual(['status-list-too-large']);
  });

  test('is not read beyond a megabyte', async () => {
    expect(rulesOf(await decodeBitstring('u'.padEnd(1_048_577, 'A')))).toEqual([
      'status-list-too-large',
    ]);
    expect(rulesOf(await decodeBitstring('u'.padEnd(1_048_576, 'A')))).toEqual([
      'status-list-encoding',
    ]);
  });
});

describe('a list credential', () => {
  const url = `${origin}/status/7r`;
  const list = buildBitstringStatusList({
    url,
    issuer,
    purpose: 'revocation',
    encodedList: 'uH4sIAAAA',
    validFrom: new Date('2026-11-20T12:00:00.042Z'),
    validUntil: new Date('2026-11-20T12:15:00.042Z'),
    ttlMs: 30_000,
    origin,
  });
  const subject = list['credentialSubject'] as JsonObject;
  const refusal = (changes: JsonObject, header: JsonObject = {}) =>
    rulesOf(parseBitstringStatusList(jwsOf({ ...list, ...changes }, header), { url }));

  test('has the members of the contract', () => {
    expect(list).toEqual({
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        'https://id.acme.com/contexts/agent-v1.jsonld',
      ],
      id: 'https://id.acme.com/status/7r',
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer: 'did:web:id.acme.com',
      validFrom: '2026-11-20T12:00:00.042Z',
      validUntil: '2026-11-20T12:15:00Z',
      credentialSubject: {
        id: 'https://id.acme.com/status/7r#list',
        type: 'BitstringStatusList',
        statusPurpose: 'revocation',
        encodedList: 'uH4sIAAAA',
        ttl: 30_000,
      },
      iss: 'did:web:id.acme.com',
      sub: 'https://id.acme.com/status/7r#list',
      iat: 1_795_176_000,
      exp: 1_795_176_900,
    });
  });

  test('is read back as it was built', () => {
    expect(taken(parseBitstringStatusList(jwsOf(list), { url }))).toEqual({
      issuer,
      purposes: ['revocation'],
      encodedList: 'uH4sIAAAA',
      validFrom: new Date('2026-11-20T12:00:00.042Z'),
      validUntil: new Date('2026-11-20T12:15:00Z'),
      ttlMs: 30_000,
    });
  });

  test('of somebody else may do without iss, iat, exp, ttl and an end, and have several purposes', () => {
    const foreign: JsonObject = {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      id: url,
      type: ['BitstringStatusListCredential', 'VerifiableCredential', 'Other'],
      issuer,
      validFrom: '2026-11-20T12:00:00Z',
      name: 'A list',
      credentialSubject: {
        type: 'BitstringStatusList',
        statusPurpose: ['revocation', 'suspension'],
        encodedList: 'uAAAA',
        ttl: 'often',
      },
    };
    expect(taken(parseBitstringStatusList(jwsOf(foreign), { url }))).toEqual({
      issuer,
      purposes: ['revocation', 'suspension'],
      encodedList: 'uAAAA',
      validFrom: new Date('2026-11-20T12:00:00Z'),
      validUntil: undefined,
      ttlMs: undefined,
    });
  });

  test.each<[JsonObject, string]>([
    [{ id: `${origin}/status/8r` }, '/id status-list-url'],
    [{ id: null }, '/id status-list-url'],
    [{ '@context': [] }, '/@context credential-context'],
    [{ '@context': 'https://www.w3.org/ns/credentials/v2' }, '/@context credential-context'],
    [{ type: ['VerifiableCredential'] }, '/type status-list-type'],
    [{ type: ['BitstringStatusListCredential'] }, '/type status-list-type'],
    [{ type: 'BitstringStatusListCredential' }, '/type status-list-type'],
    [{ vc: {} }, '/vc credential-unknown-member'],
    [{ proof: {} }, '/proof credential-unknown-member'],
    [{ credentialSubject: [subject] }, '/credentialSubject status-list-subject'],
    [
      { credentialSubject: { ...subject, type: 'StatusList2021' } },
      '/credentialSubject status-list-subject',
    ],
    [
      { credentialSubject: { ...subject, statusPurpose: [] } },
      '/credentialSubject/statusPurpose status-list-subject',
    ],
    [
      { credentialSubject: { ...subject, statusPurpose: [7] } },
      '/credentialSubject/statusPurpose status-list-subject',
    ],
    [
      { credentialSubject: { ...subject, encodedList: ['uAAAA'] } },
      '/credentialSubject/encodedList status-list-encoding',
    ],
    [{ issuer: 'did:web:evil.example', iss: 'did:web:evil.example' }, '/kid issuer-mismatch'],
    [{ iss: 'did:web:evil.example' }, '/iss issuer-mismatch'],
    [{ issuer: 7 }, '/issuer credential-issuer'],
    [{ validFrom: 'x' }, '/validFrom credential-time'],
    [{ exp: 1 }, '/validUntil credential-validity'],
    [{ exp: 'x' }, '/validUntil credential-time'],
  ])('is refused with %j', (changes, rule) => {
    expect(refusal(changes)).toEqual([rule]);
  });

  test('demands a purpose and a beginning', () => {
    const { statusPurpose: _purpose, ...rest } = subject;
    expect(refusal({ credentialSubject: rest as JsonValue })).toEqual([
      '/credentialSubject/statusPurpose status-list-subject',
    ]);
    const { validFrom: _from, iat: _iat, ...endless } = list;
    expect(rulesOf(parseBitstringStatusList(jwsOf(endless), { url }))).toEqual([
      '/validFrom credential-time',
    ]);
  });
});
