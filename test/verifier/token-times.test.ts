import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { createVerifier, type TrustPolicy } from '../../src/verifier/index.ts';
import { createPaperWorld, type PaperWorld } from './support/paper-world.ts';

const day = 86_400;

/** Instants a number of seconds from the world's now, as the two standards write them. */
const numeric = (world: PaperWorld, seconds: number) => world.clock() / 1_000 + seconds;
const stamp = (world: PaperWorld, seconds: number) =>
  new Date(world.clock() + seconds * 1_000).toISOString();

/** What becomes of a passport with these members, alone and in its document. */
async function judge(
  changes: (world: PaperWorld) => JsonObject,
  policy: (policy: TrustPolicy) => TrustPolicy = (same) => same,
): Promise<string> {
  const world = await createPaperWorld();
  const jwt = await world.sign({ ...(await world.passport()), ...changes(world) });
  await world.publish({ jwt });
  const verifier = createVerifier(world.options(policy(world.policy)));
  const [alone, inDocument] = [
    await verifier.verifyCredential(jwt),
    await verifier.verifyClient(world.clientId),
  ];
  expect(inDocument.reason).toBe(alone.reason);
  return alone.reason ?? alone.outcome;
}

const within = (world: PaperWorld, from: number, until: number): JsonObject => ({
  validFrom: stamp(world, from),
  validUntil: stamp(world, until),
  iat: numeric(world, from),
  exp: numeric(world, until),
});

describe('a time that is none', () => {
  const never: readonly JsonValue[] = [
    '1795780800',
    '2026-11-27T12:00:00Z',
    'never',
    null,
    true,
    false,
    0,
    -1,
    1_795_780_800.5,
    0.1,
    [1_795_780_800],
    {},
    253_402_300_800,
    9_007_199_254_740_991,
  ];

  it.each(never)('D-21, credentials:JC-12: exp %j never means "no end"', async (exp) => {
    expect(await judge(() => ({ exp }))).toBe('credential-malformed');
  });

  it.each(never)('D-21, credentials:JC-12: iat %j never means "always"', async (iat) => {
    expect(await judge(() => ({ iat }))).toBe('credential-malformed');
  });

  it.each(['exp', 'iat', 'validFrom', 'validUntil'])('D-21 %s is demanded', async (name) => {
    const world = await createPaperWorld();
    const { [name]: _left, ...rest } = await world.passport();
    const verdict = await createVerifier(world.options()).verifyCredential(await world.sign(rest));
    expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'credential-malformed' });
  });

  it.each(['validFrom', 'validUntil'])(
    'D-23, credentials:VCDM-11: %s is an instant with a time zone, or refuses the credential',
    async (name) => {
      for (const value of [
        'tomorrow',
        '',
        null,
        0,
        1_795_780_800,
        '2026-11-27',
        '2026-11-27T12:00:00',
        '2026-11-27T12:00:00 Z',
        '2026-11-27 12:00:00Z',
        '2026-02-30T12:00:00Z',
        '2026-11-27T25:00:00Z',
        '2026-11-27T12:00:00+15:00',
        '+12026-11-27T12:00:00Z',
        'Fri, 27 Nov 2026 12:00:00 GMT',
        ['2026-11-27T12:00:00Z'],
      ]) {
        expect([value, await judge(() => ({ [name]: value }))]).toEqual([
          value,
          'credential-malformed',
        ]);
      }
    },
  );

  it('credentials:VCDM-11 is refused where it ends before it begins', async () => {
    expect(await judge((world) => within(world, 10, 9))).toBe('credential-malformed');
    expect(await judge((world) => within(world, 10, 10))).toBe('credential-malformed');
  });

  it.each([
    '2026-11-27T12:00:00.123456789Z',
    '2026-11-27T13:00:00+01:00',
    '2026-11-26T22:00:00-14:00',
  ])('credentials:VCDM-11 may have fractions and offsets: %s', async (validUntil) => {
    expect(await judge(() => ({ validUntil }))).toBe('accepted');
  });
});

describe('the end of a passport', () => {
  it.each([
    [-59, 'accepted'],
    [-60, 'expired'],
    [-61, 'expired'],
  ])('D-22, credentials:VCDM-12: %i seconds from now, both told alike: %s', async (end, said) => {
    expect(await judge((world) => within(world, -day, end))).toBe(said);
  });

  it.each([
    [-59, 'accepted'],
    [-60, 'expired'],
  ])('D-22, D-23: exp alone %i seconds from now: %s', async (end, said) => {
    expect(await judge((world) => ({ exp: numeric(world, end) }))).toBe(said);
  });

  it.each([
    [-59, 'accepted'],
    [-60, 'expired'],
  ])(
    'D-22, D-23, credentials:JC-11: validUntil alone %i seconds from now: %s',
    async (end, said) => {
      expect(await judge((world) => ({ validUntil: stamp(world, end) }))).toBe(said);
    },
  );
});

describe('the beginning of a passport', () => {
  it.each([
    [60, 'accepted'],
    [61, 'not-yet-valid'],
  ])('D-22, credentials:VCDM-12: %i seconds from now, both told alike: %s', async (start, said) => {
    expect(await judge((world) => within(world, start, day))).toBe(said);
  });

  it.each([
    [60, 'accepted'],
    [61, 'not-yet-valid'],
  ])('D-22, D-23: iat alone %i seconds from now: %s', async (start, said) => {
    expect(await judge((world) => ({ iat: numeric(world, start) }))).toBe(said);
  });

  it.each([
    [60, 'accepted'],
    [61, 'not-yet-valid'],
  ])(
    'D-22, D-23, credentials:JC-11: validFrom alone %i seconds from now: %s',
    async (start, said) => {
      expect(await judge((world) => ({ validFrom: stamp(world, start) }))).toBe(said);
    },
  );

  it('D-22 is not told by nbf, which no credential here has', async () => {
    expect(await judge((world) => ({ nbf: numeric(world, -day) }))).toBe('credential-malformed');
    expect(await judge((world) => ({ nbf: numeric(world, day) }))).toBe('credential-malformed');
  });
});

describe('the two validities of a passport', () => {
  it('D-23 hold where they overlap, and nowhere when they do not', async () => {
    const apart = (world: PaperWorld) => ({
      iat: numeric(world, -2 * day),
      exp: numeric(world, -day),
      validFrom: stamp(world, -day + 1),
      validUntil: stamp(world, day),
    });
    expect(await judge(apart)).toBe('credential-malformed');
    const overlapping = (world: PaperWorld) => ({
      iat: numeric(world, -2 * day),
      exp: numeric(world, 1),
      validFrom: stamp(world, -1),
      validUntil: stamp(world, day),
    });
    expect(await judge(overlapping)).toBe('accepted');
  });
});

describe('the life of a passport', () => {
  it.each([
    [31 * day, undefined, 'accepted'],
    [31 * day + 1, undefined, 'policy-not-met'],
    [day, 1, 'accepted'],
    [day + 1, 1, 'policy-not-met'],
    [366 * day, 366, 'accepted'],
    [366 * day + 1, 366, 'policy-not-met'],
  ])('D-24 of %i seconds where %s days are the limit: %s', async (life, maxDays, said) => {
    const limited = (policy: TrustPolicy): TrustPolicy =>
      maxDays === undefined ? policy : { ...policy, lifetime: { maxDays } };
    expect(await judge((world) => within(world, -day + 1, life - day + 1), limited)).toBe(said);
  });

  it('D-24 is that of the overlap: a wide validity does not lengthen a short signature', async () => {
    const wide = (world: PaperWorld) => ({ validUntil: stamp(world, 3_000 * day) });
    expect(await judge(wide)).toBe('accepted');
    const both = (world: PaperWorld) => ({ ...wide(world), exp: numeric(world, 3_000 * day) });
    expect(await judge(both)).toBe('policy-not-met');
  });
});
