import { describe, expect, it } from 'vitest';
import { buildStatusLists } from '../../src/status/build-status-lists.ts';
import type { StatusState } from '../../src/status/status-list.ts';
import { anIssuer } from '../keys/made-issuer.ts';
import { aList, exceptionsOf } from './made-list.ts';
import { octetsOf } from './read-lists.ts';

type Exception = { readonly index: number; readonly state: StatusState };

function build(exceptions: readonly Exception[] = []) {
  return buildStatusLists({
    issuer: anIssuer(),
    list: aList(),
    exceptions: exceptionsOf(exceptions),
    validFrom: new Date('2026-11-20T12:00:00.042Z'),
  });
}

describe('the two Bitstring lists', () => {
  it('are credentials of the issuer, one for each purpose, valid for 15 minutes', async () => {
    const { revocation } = await build();
    const { credentialSubject, ...rest } = revocation;
    expect(rest).toStrictEqual({
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        'https://id.acme.com/contexts/agent-v1.jsonld',
      ],
      id: 'https://id.acme.com/status/7r',
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer: 'did:web:id.acme.com',
      validFrom: '2026-11-20T12:00:00.042Z',
      validUntil: '2026-11-20T12:15:00Z',
      iss: 'did:web:id.acme.com',
      sub: 'https://id.acme.com/status/7r#list',
      iat: 1795176000,
      exp: 1795176900,
    });
    expect(credentialSubject).toMatchObject({
      id: 'https://id.acme.com/status/7r#list',
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      ttl: 30000,
    });
  });

  it('differ in their address and their purpose', async () => {
    const { suspension } = await build();
    expect(suspension['id']).toBe('https://id.acme.com/status/7s');
    expect(suspension['credentialSubject']).toMatchObject({ statusPurpose: 'suspension' });
  });

  // BSL §2.2: index 0 is the most significant bit of the first octet.
  it.each([
    [0, 0, 0x80],
    [7, 0, 0x01],
    [8, 1, 0x80],
    [10, 1, 0x20],
    [48_211, 6_026, 0x10],
    [131_071, 16_383, 0x01],
  ])('show index %d in octet %d as %d', async (index, place, octet) => {
    const { revocation, suspension } = octetsOf(await build([{ index, state: 'revoked' }]));
    expect(revocation).toHaveLength(16_384);
    expect(revocation[place]).toBe(octet);
    expect(revocation.filter((other) => other !== 0)).toHaveLength(1);
    expect(suspension.every((other) => other === 0)).toBe(true);
  });
});

describe('the Token Status List', () => {
  it('says the same of itself', async () => {
    const { token } = await build();
    expect(token).toMatchObject({
      iss: 'did:web:id.acme.com',
      sub: 'https://id.acme.com/token-status/7',
      iat: 1795176000,
      exp: 1795176900,
      ttl: 30,
    });
    expect(token['status_list']).toMatchObject({ bits: 2 });
  });

  // TSL §4.1: index 0 is in the least significant bits of the first octet.
  it.each([
    [0, 'revoked', 0, 0x01],
    [0, 'suspended', 0, 0x02],
    [1, 'revoked', 0, 0x04],
    [3, 'suspended', 0, 0x80],
    [4, 'revoked', 1, 0x01],
    [131_071, 'suspended', 32_767, 0x80],
  ] as const)('shows index %d, %s, in octet %d as %d', async (index, state, place, octet) => {
    const { token } = octetsOf(await build([{ index, state }]));
    expect(token).toHaveLength(32_768);
    expect(token[place]).toBe(octet);
    expect(token.filter((other) => other !== 0)).toHaveLength(1);
  });
});
