import { existsSync, readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import {
  buildTokenStatusList,
  decodeStatuses,
  encodeStatuses,
  packStatus,
  parseTokenStatusList,
  readStatus,
  type StatusBits,
} from '../../src/protocol/token-status-list.ts';
import { rulesOf, taken } from './rules.ts';
import { issuer, jwsOf, origin } from './samples.ts';

// TSL §4.1: the example lists of one and of two bits.
const oneBit = { bytes: Uint8Array.of(0xb9, 0xa3), bits: 1 as const };
const twoBits = { bytes: Uint8Array.of(0xc9, 0x44, 0xf9), bits: 2 as const };
const all = (list: { bytes: Uint8Array; bits: StatusBits }) =>
  Array.from({ length: (list.bytes.length * 8) / list.bits }, (_, i) => readStatus(list, i));

describe('statuses', () => {
  test('are counted from the least significant bits', () => {
    expect(all(oneBit)).toEqual([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    expect(all(twoBits)).toEqual([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
  });

  test.each<[StatusBits, number[]]>([
    [1, [0b0000_0100, 0b0000_0001]],
    [2, [0b0001_0000, 0b0000_0000]],
    [4, [0x00, 0x01]],
    [8, [0x00, 0x00]],
  ])('of %i bits are packed where they are read', (bits, expected) => {
    const list = { bytes: new Uint8Array(2), bits };
    packStatus(list, 0, 0);
    if (bits < 8) packStatus(list, 2, 1);
    if (bits === 1) packStatus(list, 8, 1);
    expect([...list.bytes]).toEqual(expected);
  });

  test('are overwritten whole, and alone', () => {
    const list = { bytes: Uint8Array.of(0xff), bits: 2 as const };
    packStatus(list, 1, 2);
    expect(all(list)).toEqual([3, 2, 3, 3]);
    packStatus(list, 1, 0);
    expect(all(list)).toEqual([3, 0, 3, 3]);
  });

  test.each([-1, 12, 1.5, Number.NaN, 2 ** 53])('do not exist at index %s of 12', (index) => {
    expect(readStatus(twoBits, index)).toBeUndefined();
    expect(() => packStatus({ bytes: new Uint8Array(3), bits: 2 }, index, 1)).toThrow(RangeError);
  });

  test.each([-1, 4, 1.5, Number.NaN])('of two bits are never %s', (status) => {
    expect(() => packStatus({ bytes: new Uint8Array(3), bits: 2 }, 0, status)).toThrow(RangeError);
  });
});

describe('an encoded list', () => {
  // TSL §4.2: the example of one bit.
  test('is read from the example of the standard', async () => {
    const bytes = taken(await decodeStatuses('eNrbuRgAAhcBXQ'));
    expect(bytes).toEqual(oneBit.bytes);
  });

  test('is read back as it was written', async () => {
    const text = await encodeStatuses(twoBits.bytes);
    expect(text).toMatch(/^eJ[A-Za-z0-9_-]+$/);
    expect(taken(await decodeStatuses(text))).toEqual(twoBits.bytes);
  });

  const zlib = deflateSync(new Uint8Array(1_000));
  const encoded = (octets: Uint8Array) => Buffer.from(octets).toString('base64url');

  test.each([
    ['gzip', encoded(gzipSync(new Uint8Array(1_000)))],
    ['nothing', ''],
    ['padding', `${encoded(zlib)}==`],
    ['a truncated stream', encoded(zlib.subarray(0, -1))],
    ['an altered checksum', encoded(Buffer.concat([zlib.subarray(0, -4), Buffer.alloc(4)]))],
    ['an octet after the stream', encoded(Buffer.concat([zlib, Buffer.of(0)]))],
    ['octets after the stream', encoded(Buffer.concat([zlib, Buffer.from('xyz')]))],
    ['a second stream', encoded(Buffer.concat([zlib, zlib]))],
  ])('is refused with %s', async (_what, text) => {
    expect(rulesOf(await decodeStatuses(text))).toEqual(['status-list-encoding']);
  });

  test('is cut where it inflates beyond 16 MiB, and not read beyond a megabyte', async () => {
    const bomb = encoded(deflateSync(new Uint8Array(16_777_217)));
    expect(rulesOf(await decodeStatuses(bomb))).toEqual(['status-list-too-large']);
    expect(rulesOf(await decodeStatuses('A'.repeat(1_048_577)))).toEqual(['status-list-too-large']);
    expect(rulesOf(await decodeStatuses('A'.repeat(1_048_576)))).toEqual(['status-list-encoding']);
  });
});

interface Vector {
  readonly name: string;
  readonly bits: StatusBits;
  readonly size: number;
  readonly lst: string;
  readonly set: Readonly<Record<string, number>>;
  readonly nonzero: number;
}

test('the lists of the appendix of the standard are read to the last status', async (context) => {
  const file = '../shared/vectors/token-status-list/vectors.json';
  if (!existsSync(file)) return context.skip(`${file} is not here`);
  const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8'));
  expect(vectors.length).toBeGreaterThanOrEqual(4);
  for (const { name, bits, size, lst, set, nonzero } of vectors) {
    const bytes = taken(await decodeStatuses(lst));
    const found: Record<string, number> = {};
    for (let index = 0; index < size; index++) {
      const status = readStatus({ bytes, bits }, index);
      if (status !== 0) found[index] = status ?? Number.NaN;
    }
    const expected = Object.fromEntries(Object.entries(set).filter(([, status]) => status !== 0));
    expect([name, bytes.length, found]).toEqual([name, Math.ceil((size * bits) / 8), expected]);
    expect([name, Object.keys(found).length]).toEqual([name, nonzero]);
  }
});

describe('a list token', () => {
  const url = `${origin}/token-status/7`;
  const list = buildTokenStatusList({
    url,
    issuer,
    iat: new Date('2026-11-20T12:00:00.042Z'),
    exp: new Date('2026-11-20T12:15:00.042Z'),
    ttlS: 30,
    bits: 2,
    lst: 'eNrbuRgAAhcBXQ',
  });
  const header = { typ: 'statuslist+jwt' };
  const refusal = (changes: JsonObject, others: JsonObject = {}) =>
    rulesOf(
      parseTokenStatusList(jwsOf({ ...list, ...changes }, { ...header, ...others }), { url }),
    );

  test('has the members of the contract', () => {
    expect(list).toEqual({
      iss: 'did:web:id.acme.com',
      sub: 'https://id.acme.com/token-status/7',
      iat: 1_795_176_000,
      exp: 1_795_176_900,
      ttl: 30,
      status_list: { bits: 2, lst: 'eNrbuRgAAhcBXQ' },
    });
  });

  test('is read back as it was built', () => {
    expect(taken(parseTokenStatusList(jwsOf(list, header), { url }))).toEqual({
      issuer,
      iat: new Date('2026-11-20T12:00:00Z'),
      exp: new Date('2026-11-20T12:15:00Z'),
      ttlS: 30,
      bits: 2,
      lst: 'eNrbuRgAAhcBXQ',
    });
  });

  test('of somebody else may do without iss, exp and ttl', () => {
    const foreign = { sub: url, iat: 1_795_176_000, status_list: { bits: 1, lst: 'x' }, other: 1 };
    expect(taken(parseTokenStatusList(jwsOf(foreign, header), { url }))).toEqual({
      issuer: undefined,
      iat: new Date('2026-11-20T12:00:00Z'),
      exp: undefined,
      ttlS: undefined,
      bits: 1,
      lst: 'x',
    });
  });

  test.each<[JsonObject, string]>([
    [{ sub: `${origin}/token-status/8` }, '/sub status-list-url'],
    [{ sub: null }, '/sub status-list-url'],
    [{ iss: 'did:web:evil.example' }, '/iss issuer-mismatch'],
    [{ iss: null }, '/iss issuer-mismatch'],
    [{ iat: '1795176000' }, '/iat credential-time'],
    [{ iat: null }, '/iat credential-time'],
    [{ exp: 0 }, '/exp credential-time'],
    [{ exp: null }, '/exp credential-time'],
    [{ exp: 1_795_176_000 }, '/exp credential-time'],
    [{ status_list: [] }, '/status_list status-list-subject'],
    [{ status_list: { bits: 3, lst: 'x' } }, '/status_list/bits status-list-subject'],
    [{ status_list: { bits: '2', lst: 'x' } }, '/status_list/bits status-list-subject'],
    [{ status_list: { lst: 'x' } }, '/status_list/bits status-list-subject'],
    [{ status_list: { bits: 2 } }, '/status_list/lst status-list-encoding'],
  ])('is refused with %j', (changes, rule) => {
    expect(refusal(changes)).toEqual([rule]);
  });

  test.each([1, 2, 4, 8])('may have statuses of %i bits', (bits) => {
    expect(refusal({ status_list: { bits, lst: 'x' } })).toBe('ok');
  });

  test('is refused under a kid that is no key of a DID', () => {
    expect(refusal({}, { kid: 'key-1' })).toEqual(['/iss issuer-mismatch']);
    expect(refusal({}, { kid: 'did:web:evil.example#key-1' })).toEqual(['/iss issuer-mismatch']);
  });
});
