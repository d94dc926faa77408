import { describe, expect, it } from 'vitest';
import { setBit } from '../../src/protocol/bitstring-status-list.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import type { StatusBits } from '../../src/protocol/token-status-list.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import {
  entryOf,
  judgeAfresh as judge,
  publishCrafted,
  publishEntries,
  publishTokenReference,
  publishTokens,
} from './support/status-papers.ts';

const listBytes = 16_384;

function bitsWith(...indices: readonly number[]): Uint8Array {
  const bits = new Uint8Array(listBytes);
  for (const index of indices) setBit(bits, index);
  return bits;
}

describe('what a list says', () => {
  it.each([
    ['G-01 revoked', 'revocation', 'status-revoked'],
    ['G-01 suspended', 'suspension', 'status-suspended'],
  ] as const)('%s is a no', async (_what, purpose, expected) => {
    const world = await createPaperWorld();
    await world.publishList({ purpose, set: [world.index] });
    expect(await judge(world)).toMatchObject({ outcome: 'rejected', answer: expected });
  });

  it.each([
    ['credentials:BS-08 the bit before', -1],
    ['credentials:BS-08 the bit after', 1],
  ])('%s is somebody else', async (_what, offset) => {
    const world = await createPaperWorld();
    await world.publishList({ purpose: 'revocation', set: [world.index + offset] });
    expect((await judge(world)).answer).toBe('accepted');
  });

  // BSL §2.2: the first bit of a list is the most significant bit of its first octet.
  it.each([
    ['G-14 a bitstring of one bit', 0b1000_0000, [0]],
    ['G-14 a bitstring of one bit', 0b0000_0001, [7]],
    ['G-14 a bitstring of one bit', 0b1011_1001, [0, 2, 3, 4, 7]],
  ])('%s: %i has %j', async (_what, octet, set) => {
    const world = await createPaperWorld();
    const bits = new Uint8Array(listBytes);
    bits[2] = octet;
    await publishCrafted(world, { bits });
    const revoked: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      await publishEntries(world, entryOf(world, { statusListIndex: String(16 + index) }));
      if ((await judge(world)).answer === 'status-revoked') revoked.push(index);
    }
    expect(revoked).toEqual(set);
  });

  // TSL §4.1: the first status of a list is in the least significant bits of its first octet.
  it.each<[string, StatusBits, readonly number[], string]>([
    ['G-14 a token list of 1 bit', 1, [0xb9, 0xa3], '1001110111000101'],
    ['G-14 a token list of 2 bits', 2, [0xc9, 0x44, 0xf9], '120301011233'],
    ['G-14 a token list of 4 bits', 4, [0x10, 0x02, 0xf2], '01202x'],
    ['G-14 a token list of 8 bits', 8, [0, 1, 2, 3, 255, 128], '012xxx'],
  ])('%s is read', async (_what, bits, octets, expected) => {
    const world = await createPaperWorld();
    const meanings = new Map([
      ['accepted', '0'],
      ['status-revoked', '1'],
      ['status-suspended', '2'],
      ['status-invalid', bits === 2 ? '3' : 'x'],
    ]);
    let found = '';
    for (let index = 0; index < expected.length; index += 1) {
      await publishTokens(world, index, { bits, bytes: Uint8Array.from(octets) });
      found += meanings.get((await judge(world)).answer);
    }
    expect(found).toBe(expected);
  });
});

describe('where the status of a credential is said to be', () => {
  it('G-02 has to be somewhere', async () => {
    const world = await createPaperWorld();
    const { credentialStatus: _bits, status: _token, ...bare } = await world.passport();
    await world.publish({ jwt: await world.sign(bare) });
    expect(await judge(world)).toMatchObject({ outcome: 'rejected', answer: 'status-missing' });
    await publishEntries(world, entryOf(world, { statusPurpose: 'suspension' }));
    expect(await judge(world)).toMatchObject({ outcome: 'rejected', answer: 'status-missing' });
  });

  it.each<[string, JsonObject]>([
    ['G-09, credentials:BS-09: an index of -1', { statusListIndex: '-1' }],
    ['G-09, credentials:BS-09: an index of 1.5', { statusListIndex: '1.5' }],
    ['G-09 an index of letters', { statusListIndex: 'abc' }],
    ['G-09 an empty index', { statusListIndex: '' }],
    ['G-09 an index of 10^18', { statusListIndex: '1000000000000000000' }],
    ['G-09 an index with a zero before it', { statusListIndex: '048211' }],
    ['G-09 an index with an exponent', { statusListIndex: '1e3' }],
    ['G-09 an index that is a number', { statusListIndex: 48_211 }],
    ['G-13 a status of 2 bits', { statusSize: 2 }],
    ['G-13 a status of 4 bits', { statusSize: 4 }],
    ['G-13 a status of 8 bits', { statusSize: 8 }],
    ['G-13 a status of no bits', { statusSize: 0 }],
    ['G-13 a status of 3 bits', { statusSize: 3 }],
    ['G-13 a size that is a text', { statusSize: '1' }],
    ['G-15 a list in plain http', { statusListCredential: 'http://id.acme.com/status/7r' }],
    ['G-15 a list at a private address', { statusListCredential: 'https://10.0.0.1/status/7r' }],
    ['G-15 a list at a loopback address', { statusListCredential: 'https://127.0.0.1/status/7r' }],
    ['G-15 a list at an IPv6 address', { statusListCredential: 'https://[fd00::1]/status/7r' }],
    [
      'G-15 a list where clouds keep secrets',
      { statusListCredential: 'http://169.254.169.254/latest/meta-data/' },
    ],
    ['G-15 a list in a file', { statusListCredential: 'file:///etc/passwd' }],
    ['credentials:BS-09 a list that is a number', { statusListCredential: 7 }],
    ['G-20 a status of another kind', { type: 'StatusList2021Entry' }],
    ['G-20 a purpose that nobody here can check', { statusPurpose: 'message' }],
  ])('%s refuses it, and nobody is asked for a list', async (_what, changes) => {
    const world = await createPaperWorld();
    await publishEntries(world, [entryOf(world), entryOf(world, { ...changes })]);
    expect(await judge(world)).toMatchObject({
      outcome: 'rejected',
      answer: 'status-invalid',
    });
    expect(world.fetch.asked).toEqual([world.clientId]);
  });

  it.each<[string, JsonObject]>([
    ['G-09 an index of -1', { idx: -1 }],
    ['G-09 an index of 1.5', { idx: 1.5 }],
    ['G-09 an index in a text', { idx: '7' }],
    ['G-15 a list in plain http', { uri: 'http://id.acme.com/token-status/7' }],
    ['G-15 a list at a private address', { uri: 'https://192.168.0.1/token-status/7' }],
  ])('%s refuses a token status as well', async (_what, changes) => {
    const world = await createPaperWorld();
    await publishTokenReference(world, { idx: 7, uri: world.tokenList, ...changes });
    expect(await judge(world)).toMatchObject({
      outcome: 'rejected',
      answer: 'status-invalid',
    });
    expect(world.fetch.asked).toEqual([world.clientId]);
  });

  it.each([
    ['G-09 the index that equals the length', 131_072, 'rejected'],
    ['G-09 the index after that', 131_073, 'rejected'],
    ['G-09 the largest index that can be written', Number.MAX_SAFE_INTEGER, 'rejected'],
    ['credentials:BS-08 the last index', 131_071, 'accepted'],
    ['credentials:BS-08 the first index', 0, 'accepted'],
  ])('%s: %i is %s', async (_what, index, outcome) => {
    const world = await createPaperWorld();
    await publishEntries(world, entryOf(world, { statusListIndex: String(index) }));
    expect(await judge(world)).toMatchObject({
      outcome,
      ...(outcome === 'rejected' ? { answer: 'status-invalid', rule: 'list-index' } : {}),
    });
    await publishTokens(world, index);
    expect((await judge(world)).outcome).toBe(outcome);
  });

  it('G-15 may be another host than that of the issuer, who signs it all the same', async () => {
    const world = await createPaperWorld();
    const elsewhere = 'https://cdn.example/acme/status/7r';
    await publishCrafted(world, { at: elsewhere });
    await publishEntries(world, entryOf(world, { statusListCredential: elsewhere }));
    expect((await judge(world)).answer).toBe('accepted');
    await publishCrafted(world, { at: elsewhere, key: await createKey() });
    expect((await judge(world)).answer).toBe('status-invalid');
  });

  it('G-15 is not read where the guard does not go', async () => {
    const world = await createPaperWorld();
    const inside = 'http://localhost:8787/status/7r';
    await publishEntries(world, entryOf(world, { statusListCredential: inside }));
    expect(await judge(world)).toMatchObject({
      outcome: 'undetermined',
      answer: 'status-unavailable',
      rule: 'fetch-blocked',
    });
    expect(world.fetch.asked).not.toContain(inside);
  });
});

describe('every entry of a credential counts', () => {
  it.each<[string, (world: PaperWorld) => Promise<void>, string]>([
    [
      'G-20 the last of three entries is revoked',
      async (world) => {
        const third = `${world.origin}/status/9r`;
        await publishCrafted(world, { at: third, bits: bitsWith(world.index) });
        const entries = [entryOf(world), entryOf(world), entryOf(world)];
        entries[2] = entryOf(world, { statusListCredential: third });
        await publishEntries(world, entries);
      },
      'status-revoked',
    ],
    [
      'G-20 the list of the last of three entries is away',
      async (world) => {
        const third = entryOf(world, { statusListCredential: `${world.origin}/status/9r` });
        await publishEntries(world, [entryOf(world), entryOf(world), third]);
      },
      'status-unavailable',
    ],
    [
      'G-20 one object instead of an array is an entry like any other',
      async (world) => {
        await publishEntries(world, entryOf(world));
        await publishCrafted(world, { bits: bitsWith(world.index) });
      },
      'status-revoked',
    ],
    [
      'G-20 an empty array is no status',
      async (world) => {
        const { status: _token, ...passport } = await world.passport();
        const payload = { ...passport, credentialStatus: [] };
        await world.publish({ jwt: await world.sign(payload) });
      },
      'status-missing',
    ],
  ])('%s', async (_what, prepare, expected) => {
    const world = await createPaperWorld();
    await prepare(world);
    expect((await judge(world)).answer).toBe(expected);
  });

  it('G-20 one that is set decides, and the report says that another was out of reach', async () => {
    const world = await createPaperWorld();
    world.serve(world.revocationList, 'hang-up');
    await world.publishList({ purpose: 'suspension', set: [world.index] });
    const { report } = await createVerifier(world.options()).verifyClient(world.clientId);
    expect(report.reason).toBe('status-suspended');
    expect(report.checks.find(({ id }) => id === 'status.lists')).toMatchObject({
      outcome: 'warn',
      evidence: { lists: 2, ageS: 0 },
      fix: 'Have every status list reachable; one was not read afresh.',
    });
    expect(report.checks.find(({ id }) => id === 'status.revocation')).toMatchObject({
      outcome: 'skipped',
      evidence: { because: 'the credential has no status of this purpose' },
    });
  });
});
