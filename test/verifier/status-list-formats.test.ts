import { createHmac } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createKey, createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import {
  type CraftedList,
  type CraftedTokenList,
  judgeAfresh as judge,
  publishCrafted,
  publishTokens,
} from './support/status-papers.ts';

const second = 1_000;
const listBytes = 16_384;

function encoded(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64url');
}

type Row = readonly [name: string, list: (world: PaperWorld) => CraftedList, rule: string];

const smallest = new Uint8Array(listBytes);
const zipped = gzipSync(smallest);

describe('a bitstring list that is not what it should be', () => {
  const rows: readonly Row[] = [
    [
      'G-07 names another URL',
      (world) => ({ change: (list) => ({ ...list, id: world.suspensionList }) }),
      'status-list-url',
    ],
    ['G-07 names no URL', () => ({ change: ({ id: _id, ...list }) => list }), 'status-list-url'],
    [
      'credentials:BS-08 is of another type',
      () => ({ subject: { type: 'StatusList2021' } }),
      'status-list-subject',
    ],
    [
      'credentials:BS-09 has bits that are no text',
      () => ({ subject: { encodedList: 7 } }),
      'status-list-encoding',
    ],
    [
      'credentials:BS-09 has a purpose that is no text',
      () => ({ subject: { statusPurpose: [7] } }),
      'status-list-subject',
    ],
    ['G-10 has 131,064 entries', () => ({ bits: smallest.subarray(1) }), 'status-list-length'],
    ['G-10 has no entries', () => ({ bits: new Uint8Array() }), 'status-list-length'],
    [
      'G-11, credentials:BS-14: inflates to 64 MiB',
      () => ({ encodedList: `u${encoded(gzipSync(new Uint8Array(64 * 1_048_576)))}` }),
      'status-list-too-large',
    ],
    [
      'G-12 has no multibase prefix',
      () => ({ encodedList: encoded(zipped) }),
      'status-list-encoding',
    ],
    ['G-12 has padding', () => ({ encodedList: `u${encoded(zipped)}=` }), 'status-list-encoding'],
    [
      'G-12 is in standard base64',
      () => ({ encodedList: `u+/${zipped.toString('base64').replaceAll('=', '')}` }),
      'status-list-encoding',
    ],
    [
      'G-12 is zlib',
      () => ({ encodedList: `u${encoded(deflateSync(smallest))}` }),
      'status-list-encoding',
    ],
    [
      'G-12 is truncated',
      () => ({ encodedList: `u${encoded(zipped.subarray(0, -3))}` }),
      'status-list-encoding',
    ],
    [
      'G-12 is followed by something',
      () => ({ encodedList: `u${encoded(Buffer.concat([zipped, Buffer.from('xyz')]))}` }),
      'status-list-encoding',
    ],
    [
      'G-12 is not compressed',
      () => ({ encodedList: `u${encoded(smallest)}` }),
      'status-list-encoding',
    ],
    [
      'is valid from the future on',
      (world) => ({
        change: (list) => ({
          ...list,
          validFrom: new Date(world.clock() + 61_000).toISOString(),
          iat: Math.floor(world.clock() / second) + 61,
        }),
      }),
      'list-not-yet-valid',
    ],
    ['is a passport by its header', () => ({ header: { typ: 'jwt' } }), 'list-format'],
  ];

  it.each(rows)('%s', async (_name, list, rule) => {
    const world = await createPaperWorld();
    await publishCrafted(world, list(world));
    expect(await judge(world)).toEqual({
      outcome: 'undetermined',
      answer: 'status-invalid',
      rule,
    });
  });

  it('credentials:BS-08 is accepted when it is as it should be', async () => {
    const world = await createPaperWorld();
    await publishCrafted(world, {});
    expect((await judge(world)).answer).toBe('accepted');
  });

  it('G-07 is the list of another URL of the same issuer', async () => {
    const world = await createPaperWorld();
    world.serve(world.revocationList, world.fetch.answers.get(world.suspensionList) ?? 'hang-up');
    expect(await judge(world)).toMatchObject({ answer: 'status-invalid', rule: 'status-list-url' });
  });

  it('credentials:BS-10, G-06: is signed with a key that its issuer does not have', async () => {
    const world = await createPaperWorld();
    const key = await createKey();
    await publishCrafted(world, { key });
    expect(await judge(world)).toMatchObject({ answer: 'status-invalid', rule: 'key-not-found' });
    await publishCrafted(world, { key, header: { kid: world.kidOf(world.issuerKey) } });
    expect(await judge(world)).toMatchObject({
      answer: 'status-invalid',
      rule: 'signature-invalid',
    });
  });

  it('credentials:TS-12 is secured by a code that the public key is the secret of', async () => {
    const world = await createPaperWorld();
    const { body } = world.fetch.answers.get(world.revocationList) as { readonly body: string };
    const kid = world.kidOf(world.issuerKey);
    const header = encoded(Buffer.from(JSON.stringify({ alg: 'HS256', kid, typ: 'vc+jwt' })));
    const signed = `${header}.${body.split('.')[1]}`;
    const secret = JSON.stringify(world.issuerKey.jwk);
    const code = createHmac('sha256', secret).update(signed).digest('base64url');
    world.serve(world.revocationList, { body: `${signed}.${code}` });
    expect(await judge(world)).toMatchObject({ answer: 'status-invalid', rule: 'list-format' });
  });
});

describe('the purposes of a list', () => {
  it.each<[string, string | readonly string[], string]>([
    ['G-08 another purpose', 'suspension', 'status-invalid'],
    ['G-08 several purposes with the right one', ['suspension', 'revocation'], 'accepted'],
    ['G-08 several purposes without it', ['suspension', 'message'], 'status-invalid'],
    ['G-08 a purpose that only looks like it', 'Revocation', 'status-invalid'],
  ])('%s', async (_what, statusPurpose, expected) => {
    const world = await createPaperWorld();
    await publishCrafted(world, {
      subject: {
        statusPurpose: typeof statusPurpose === 'string' ? statusPurpose : [...statusPurpose],
      },
    });
    const { answer, rule } = await judge(world);
    expect([answer, rule]).toEqual([
      expected,
      expected === 'accepted' ? undefined : 'list-purpose',
    ]);
  });
});

describe('a token list that is not what it should be', () => {
  const list = (change: (list: JsonObject) => JsonObject) => (payload: JsonObject) => ({
    ...payload,
    status_list: change(payload['status_list'] as JsonObject),
  });
  const encoding = (octets: Uint8Array) => list((of) => ({ ...of, lst: encoded(octets) }));
  const without = (name: string) => (payload: JsonObject) => {
    const { [name]: _left, ...rest } = payload;
    return rest;
  };

  it.each<[string, CraftedTokenList, string]>([
    [
      'G-07 names another URL',
      { change: (token) => ({ ...token, sub: 'https://id.acme.com/token-status/8' }) },
      'status-list-url',
    ],
    ['credentials:TS-06, G-07: names no URL', { change: without('sub') }, 'status-list-url'],
    ['credentials:TS-06 has no time of issue', { change: without('iat') }, 'credential-time'],
    ['credentials:TS-06 has no list', { change: without('status_list') }, 'status-list-subject'],
    ['G-13 has no bits', { change: list((of) => ({ ...of, bits: 0 })) }, 'status-list-subject'],
    ['G-13 has 3 bits', { change: list((of) => ({ ...of, bits: 3 })) }, 'status-list-subject'],
    [
      'G-13 has bits in a text',
      { change: list((of) => ({ ...of, bits: '1' })) },
      'status-list-subject',
    ],
    ['G-12 is gzip', { change: encoding(zipped) }, 'status-list-encoding'],
    [
      'G-12 is truncated',
      { change: encoding(deflateSync(smallest).subarray(0, -1)) },
      'status-list-encoding',
    ],
    [
      'G-12 is followed by something',
      { change: encoding(Buffer.concat([deflateSync(smallest), Buffer.of(0)])) },
      'status-list-encoding',
    ],
    [
      'G-11 inflates to 64 MiB',
      { change: encoding(deflateSync(new Uint8Array(64 * 1_048_576))) },
      'status-list-too-large',
    ],
    ['is a credential by its header', { header: { typ: 'vc+jwt' } }, 'list-format'],
  ])('%s', async (_name, crafted, rule) => {
    const world = await createPaperWorld();
    await publishTokens(world, 7, crafted);
    expect(await judge(world)).toEqual({
      outcome: 'undetermined',
      answer: 'status-invalid',
      rule,
    });
  });

  it.each([
    ['G-16 0', 0],
    ['G-16 1', 1],
    ['G-16 a negative number', -30],
    ['G-16 10^12', 1e12],
    ['G-16 a text', '30'],
  ])('credentials:TS-07 clamps a ttl of %s', async (_what, ttl) => {
    const world = await createPaperWorld();
    await publishTokens(world, 7, { change: (token) => ({ ...token, ttl }) });
    const verifier = createVerifier(world.options());
    const asks = async () => {
      world.fetch.asked.length = 0;
      expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
      return world.fetch.asked.includes(world.tokenList);
    };
    expect(await asks()).toBe(true);
    world.advance(11_249);
    expect(await asks()).toBe(false);
    world.advance(30 * second - 11_249);
    expect(await asks()).toBe(true);
  });

  it('credentials:TS-07 is reused by its ttl, whatever HTTP says', async () => {
    const world = await createPaperWorld();
    for (const control of ['max-age=3600', 'no-store', 'max-age=0']) {
      const headers = { 'cache-control': control };
      for (const purpose of ['revocation', 'suspension'] as const) {
        await world.publishList({ purpose, headers });
      }
      const verifier = createVerifier(world.options());
      const ask = async () => (await verifier.verifyClient(world.clientId)).reason;
      expect(await ask()).toBeNull();
      await world.publishList({ purpose: 'revocation', headers, set: [world.index] });
      world.advance(30 * second - 1);
      expect(await ask()).toBeNull();
      world.advance(1);
      expect(await ask()).toBe('status-revoked');
    }
  });
});
