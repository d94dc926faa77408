import { describe, expect, it } from 'vitest';
import {
  buildTokenStatusList,
  encodeStatuses,
  packStatus,
} from '../../src/protocol/token-status-list.ts';
import type { TrustPolicy } from '../../src/verifier/index.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

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

function listsAsked(world: PaperWorld): number {
  const asked = world.fetch.asked.splice(0);
  return asked.filter((url) => url.includes('/status/')).length;
}

async function publishBoth(
  world: PaperWorld,
  order: { readonly ttlMs?: number; readonly age?: number },
) {
  const headers = order.age === undefined ? {} : { age: String(order.age) };
  const ttl = order.ttlMs === undefined ? {} : { ttlMs: order.ttlMs };
  for (const purpose of both) {
    await world.publishList({ purpose, headers, ...ttl });
  }
}

/** Seconds, whole ones, for which a list is reused without asking again. */
async function reusedFor(world: PaperWorld, judge: () => Promise<string>): Promise<number> {
  await judge();
  listsAsked(world);
  for (let elapsed = 1; elapsed < 4_000; elapsed += 1) {
    world.advance(second);
    await judge();
    if (listsAsked(world) > 0) {
      return elapsed;
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe('a status list is reused', () => {
  it('for its ttl', async () => {
    const { world, judge } = await start({ maxAgeS: 120 });
    await publishBoth(world, { ttlMs: 20_000 });
    expect(await reusedFor(world, judge)).toBe(20);
  });

  it('for half the limit of its age, when its ttl is longer', async () => {
    const { world, judge } = await start();
    await publishBoth(world, { ttlMs: 300_000 });
    expect(await reusedFor(world, judge)).toBe(30);
  });

  it.each([0, 1, -5, 14_999])('for 15 seconds when its ttl is %i ms', async (ttlMs) => {
    const { world, judge } = await start();
    await publishBoth(world, { ttlMs });
    expect(await reusedFor(world, judge)).toBe(15);
  });

  it('for an hour at most', async () => {
    const { world, judge } = await start({ maxAgeS: 3_600 });
    const validUntil = new Date(world.clock() + 86_400_000);
    for (const purpose of both) {
      await world.publishList({ purpose, ttlMs: 1e12, validUntil });
    }
    expect(await reusedFor(world, judge)).toBe(1_800);
  });

  it('for less when it was old already as it came', async () => {
    const { world, judge } = await start();
    await publishBoth(world, { age: 12 });
    expect(await reusedFor(world, judge)).toBe(18);
  });

  it('for one second when it was older than that', async () => {
    const { world, judge } = await start();
    await publishBoth(world, { age: 45 });
    expect(await reusedFor(world, judge)).toBe(1);
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
  async function publishTokens(world: PaperWorld, status: number, index = world.index) {
    const bytes = new Uint8Array(32_768);
    packStatus({ bytes, bits: 2 }, world.index, status);
    const payload = buildTokenStatusList({
      url: world.tokenList,
      issuer: world.issuer,
      iat: new Date(world.clock()),
      exp: new Date(world.clock() + 900_000),
      ttlS: 30,
      bits: 2,
      lst: await encodeStatuses(bytes),
    });
    const header = { typ: 'statuslist+jwt', cty: undefined };
    world.serve(world.tokenList, { body: await world.sign(payload, { header }) });
    const { credentialStatus: _none, ...passport } = await world.passport();
    const reference = { status_list: { idx: index, uri: world.tokenList } };
    await world.publish({ jwt: await world.sign({ ...passport, status: reference }) });
  }

  it.each([
    [0, 'accepted'],
    [1, 'status-revoked'],
    [2, 'status-suspended'],
    [3, 'status-invalid'],
  ])('says by value %i: %s', async (status, expected) => {
    const { world, judge } = await start();
    await publishTokens(world, status);
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
    await publishTokens(world, 0, 131_072);
    expect(await judge()).toBe('status-invalid');
  });

  it('is not read with the bits of the other kind, once that one is held', async () => {
    const { world, verifier, judge } = await start();
    expect(await judge()).toBe('accepted');
    const { credentialStatus: _none, ...passport } = await world.passport();
    const reference = { status_list: { idx: world.index, uri: world.suspensionList } };
    await world.publish({ jwt: await world.sign({ ...passport, status: reference }) });
    verifier.invalidate(world.clientId);
    expect(await judge()).toBe('status-invalid');
  });

  it('is no bitstring list, nor the other way round', async () => {
    const { world, judge } = await start();
    await publishTokens(world, 0);
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
