import { describe, expect, it } from 'vitest';
import { packStatus } from '../../src/protocol/token-status-list.ts';
import type { TrustPolicy } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';
import { publishTokenReference, publishTokens } from './support/status-papers.ts';

const second = 1_000;
const both = ['revocation', 'suspension'] as const;

async function start(status?: TrustPolicy['status']) {
  const world = await createPaperWorld();
  const policy = status === undefined ? world.policy : { ...world.policy, status };
  const verifier = createVerifier(world.options(policy));
  const judge = async () => {
    const { outcome, reason } = await verifier.verifyClient(world.clientId);
    return reason ?? outcome;
  };
  return { world, verifier, judge };
}

async function publishBoth(world: PaperWorld, { age, ...order }: Order) {
  const headers = age === undefined ? {} : { age: String(age) };
  for (const purpose of both) {
    await world.publishList({ purpose, headers, ...order });
  }
}

interface Order {
  readonly ttlMs?: number;
  readonly age?: number;
  readonly validUntil?: Date;
}

/** The verdict on a client whose revocation was published when the list had just been read. */
async function judgeAfter(
  ms: number,
  order: (world: PaperWorld) => Order,
  status?: TrustPolicy['status'],
): Promise<string> {
  const { world, judge } = await start(status);
  await publishBoth(world, order(world));
  expect(await judge()).toBe('accepted');
  const validUntil = new Date(world.clock() + ms + 60_000);
  await world.publishList({ purpose: 'revocation', set: [world.index], validUntil });
  world.advance(ms);
  return judge();
}

describe('a status list is reused', () => {
  const week = (world: PaperWorld) => new Date(world.clock() + 604_800_000);

  it.each<[string, number, (world: PaperWorld) => Order, TrustPolicy['status']?]>([
    ['for its ttl', 20, () => ({ ttlMs: 20_000 }), { maxAgeS: 120 }],
    ['for half the limit of its age, when its ttl is longer', 30, () => ({ ttlMs: 300_000 })],
    ['G-16 for 15 seconds when its ttl is 0', 15, () => ({ ttlMs: 0 })],
    ['G-16 for 15 seconds when its ttl is 1 ms', 15, () => ({ ttlMs: 1 })],
    ['G-16 for 15 seconds when its ttl is negative', 15, () => ({ ttlMs: -5 })],
    ['G-16 for 15 seconds when its ttl is a little less', 15, () => ({ ttlMs: 14_999 })],
    ['G-16 for half the limit when its ttl is 10^12', 30, () => ({ ttlMs: 1e12 })],
    [
      'G-16 for half the limit when its ttl is no number',
      30,
      () => ({ ttlMs: '15000' as unknown as number }),
    ],
    [
      'G-16 for half an hour at most',
      1_800,
      (world) => ({ ttlMs: 1e12, validUntil: week(world) }),
      { maxAgeS: 3_600 },
    ],
    ['for less when it was old already as it came', 18, () => ({ age: 12 })],
    ['for one second when it was older than that', 1, () => ({ age: 45 })],
    [
      'credentials:TS-07 up to its own end, and then asked for',
      7,
      (world) => ({ validUntil: new Date(world.clock() + 7_000) }),
    ],
  ])('%s: %i s', async (_what, seconds, order, status) => {
    expect(await judgeAfter(seconds * second - 1, order, status)).toBe('accepted');
    expect(await judgeAfter(seconds * second, order, status)).toBe('status-revoked');
  });
});

describe('a status list that cannot be replaced', () => {
  it('is believed up to the limit of its age, and no longer', async () => {
    const { world, judge } = await start();
    expect(await judge()).toBe('accepted');
    world.serve(world.revocationList, 'hang-up');
    world.advance(60 * second);
    expect(await judge()).toBe('accepted');
    world.advance(second);
    expect(await judge()).toBe('status-unavailable');
  });

  it('counts the age it came with', async () => {
    const { world, judge } = await start();
    await publishBoth(world, { age: 20 });
    expect(await judge()).toBe('accepted');
    world.serve(world.revocationList, 'hang-up');
    world.advance(40 * second);
    expect(await judge()).toBe('accepted');
    world.advance(second);
    expect(await judge()).toBe('status-unavailable');
  });

  it('counts the age of the last confirmation, and not of the first answer', async () => {
    const { world, judge } = await start();
    await world.publishList({ purpose: 'revocation', headers: { etag: '"1"', age: '5' } });
    expect(await judge()).toBe('accepted');
    world.serve(world.revocationList, { status: 304, headers: { age: '14' }, body: '' });
    world.advance(31 * second);
    expect(await judge()).toBe('accepted');
    world.serve(world.revocationList, 'hang-up');
    world.advance(46 * second);
    expect(await judge()).toBe('accepted');
    world.advance(1);
    expect(await judge()).toBe('status-unavailable');
  });

  it('is believed for as much longer as the policy says, with a warning', async () => {
    const { world, verifier, judge } = await start({ maxAgeS: 60, staleS: 120 });
    await judge();
    world.serve(world.revocationList, { status: 503, body: '' });
    world.advance(180 * second);
    const { outcome, report } = await verifier.verifyClient(world.clientId);
    expect(outcome).toBe('accepted');
    expect(report.checks.find(({ id }) => id === 'status.lists')?.outcome).toBe('warn');
    expect(report.freshness.statusAgeS).toBe(180);
    world.advance(second);
    expect(await judge()).toBe('status-unavailable');
  });

  it('is never believed past its own end', async () => {
    const { world, judge } = await start({ maxAgeS: 3_600 });
    await judge();
    world.serve(world.revocationList, 'hang-up');
    world.serve(world.suspensionList, 'hang-up');
    world.advance(899 * second);
    expect(await judge()).toBe('accepted');
    world.advance(second);
    expect(await judge()).toBe('status-stale');
  });

  it('gives way to no invalid one', async () => {
    const { world, judge } = await start();
    await judge();
    world.serve(world.revocationList, { body: 'not a list' });
    world.advance(31 * second);
    expect(await judge()).toBe('accepted');
    world.advance(30 * second);
    expect(await judge()).toBe('status-invalid');
  });
});

describe('the order of status lists', () => {
  it('goes forward only: an older list than one that was seen is refused', async () => {
    const { world, verifier, judge } = await start();
    const old = world.fetch.answers.get(world.revocationList) ?? 'hang-up';
    world.advance(5 * second);
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    expect(await judge()).toBe('status-revoked');
    world.serve(world.revocationList, old);
    verifier.invalidate(world.revocationList);
    expect(await judge()).toBe('status-stale');
  });

  it('is not spoilt by a list from the future', async () => {
    const { world, verifier, judge } = await start();
    const validFrom = new Date(world.clock() + 61 * second);
    await world.publishList({ purpose: 'revocation', validFrom });
    expect(await judge()).toBe('status-invalid');
    await world.publishList({ purpose: 'revocation' });
    verifier.invalidate(world.revocationList);
    expect(await judge()).toBe('accepted');
  });
});

describe('a token status list', () => {
  function publishStatus(world: PaperWorld, status: number, index = world.index) {
    const bytes = new Uint8Array(32_768);
    packStatus({ bytes, bits: 2 }, world.index, status);
    return publishTokens(world, index, { bytes });
  }

  it.each([
    [0, 'accepted'],
    [1, 'status-revoked'],
    [2, 'status-suspended'],
    [3, 'status-invalid'],
  ])('says by value %i: %s', async (status, expected) => {
    const { world, judge } = await start();
    await publishStatus(world, status);
    expect(await judge()).toBe(expected);
    expect(world.fetch.asked).toContain(world.tokenList);
  });

  it('is not asked when the credential has bitstring entries', async () => {
    const { world, judge } = await start();
    expect(await judge()).toBe('accepted');
    expect(world.fetch.asked).not.toContain(world.tokenList);
  });

  it('refuses an index beyond its end', async () => {
    const { world, judge } = await start();
    await publishStatus(world, 0, 131_072);
    expect(await judge()).toBe('status-invalid');
  });

  it('is not read with the bits of the other kind, once that one is held', async () => {
    const { world, verifier, judge } = await start();
    expect(await judge()).toBe('accepted');
    await publishTokenReference(world, { idx: world.index, uri: world.suspensionList });
    verifier.invalidate(world.clientId);
    expect(await judge()).toBe('status-invalid');
  });

  it('is no bitstring list, nor the other way round', async () => {
    const { world, judge } = await start();
    await publishStatus(world, 0);
    const bitstring = world.fetch.answers.get(world.revocationList) ?? 'hang-up';
    world.serve(world.tokenList, bitstring);
    expect(await judge()).toBe('status-invalid');
  });
});

describe('the report', () => {
  it('says how old the documents and the lists are, and when to look again', async () => {
    const { world, verifier } = await start();
    await publishBoth(world, { age: 7 });
    await verifier.verifyClient(world.clientId);
    world.advance(5 * second);
    const { report } = await verifier.verifyClient(world.clientId);
    expect(report.freshness).toEqual({
      documentAgeS: 5,
      statusAgeS: 12,
      recheckBefore: '2026-11-20T12:00:53.000Z',
    });
  });
});
