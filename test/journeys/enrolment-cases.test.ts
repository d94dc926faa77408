import { describe, expect, it } from 'vitest';
import type { CreateEnrolmentInput } from '../../src/journeys/enrolment-cases.ts';
import { asJson, certified, readsLogs } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { enrolmentRequest, newEnrolmentKey } from '../support/enrolment-key.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const plain = { kind: 'agent', owners: ['lead@acme.com'] } as const;

async function invite(world: RegistryWorld, changes: Partial<CreateEnrolmentInput> = {}) {
  world.clock.moveBy(1);
  return world.registry.createEnrolment({ ...world.caller, ...plain, ...changes });
}

describe('an enrolment', () => {
  it('makes an agent of the one who holds the token and a key', async () => {
    const world = await openRegistryWorld();
    const { enrolment, token, audience } = await invite(world, { team: 'payments' });
    expect(token).toMatch(/^swe_[\w-]{43}$/);
    expect(enrolment).toMatchObject({ state: 'open', handle: null, agentId: null });
    const key = newEnrolmentKey();
    const outcome = await world.registry.enrolWithToken({
      ...enrolmentRequest({ token, audience, key, at: world.clock.now() }),
      handle: 'billing-bot',
    });
    expect(outcome).toMatchObject({ state: 'enrolled', agent: { handle: 'billing-bot' } });
    expect(await world.agent('billing-bot')).toMatchObject({
      state: 'active',
      name: 'billing-bot',
      team: 'payments',
      keyCustody: 'jwk',
    });
    const passport = await world.passport('billing-bot');
    expect(passport.credentialSubject.jwkThumbprints).toEqual([key.thumbprint]);
  });

  it('refuses a token that nobody gave out', async () => {
    const world = await openRegistryWorld();
    const key = newEnrolmentKey();
    const token = `swe_${'A'.repeat(43)}`;
    const refusal = await refusalLater(
      world.registry.enrolWithToken({
        ...enrolmentRequest({
          token,
          audience: 'https://id.acme.com',
          key,
          at: world.clock.now(),
        }),
        handle: 'bot',
      }),
    );
    expect(refusal).toEqual(['enrolment-refused']);
  });
});

describe('an enrolment that ends in the middle', () => {
  const credentials = [
    { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-4711' },
    { type: 'compliance', claims: asJson(certified), reason: 'audit 2026' },
  ];

  /** The process ends once what will be signed is recorded, and before it is. */
  async function interrupted(changes: Partial<CreateEnrolmentInput> = {}) {
    const world = await openRegistryWorld();
    const order = { handle: 'billing-bot', credentials, ...changes };
    const { token, audience, enrolment } = await invite(world, order);
    const key = newEnrolmentKey();
    const enrol = (by = key) =>
      world.registry.enrolWithToken(
        enrolmentRequest({ token, audience, key: by, at: world.clock.now() }),
      );
    const cutOff = () => {
      world.interruptions.beforeSigning = async () => {
        throw new Error('the process ended');
      };
    };
    const restart = () => {
      world.interruptions.beforeSigning = async () => {};
    };
    const sealedTypes = async () =>
      (await world.held((await world.agent('billing-bot')).id))
        .filter(({ sealing, revokedAt }) => sealing === 'sealed' && revokedAt === null)
        .map(({ type }) => type)
        .sort();
    return { world, enrol, cutOff, restart, sealedTypes, id: enrolment.id };
  }

  const everything = ['allowed-actions', 'compliance', 'passport'];

  it('is finished by the same key, with everything that was ordered', async () => {
    const { world, enrol, cutOff, restart, sealedTypes } = await interrupted();
    cutOff();
    await expect(enrol()).rejects.toThrow('the process ended');
    expect(await world.agent('billing-bot')).toMatchObject({ state: 'pending' });
    restart();
    expect(await refusalLater(enrol(newEnrolmentKey()))).toEqual(['enrolment-refused']);
    expect(await enrol()).toMatchObject({ state: 'enrolled', agent: { state: 'active' } });
    expect(await sealedTypes()).toEqual(everything);
  });

  it('is finished by the next round, however late, and once', async () => {
    const { world, enrol, cutOff, restart, sealedTypes } = await interrupted();
    cutOff();
    await expect(enrol()).rejects.toThrow();
    await world.keep();
    restart();
    world.clock.moveBy(3_600_000);
    await world.keep();
    expect(await sealedTypes()).toEqual(everything);
    await world.keep();
    expect(await enrol()).toMatchObject({ state: 'enrolled', agent: { state: 'active' } });
    expect(await sealedTypes()).toEqual(everything);
  });

  it('gets nothing twice when key and round come at a time', async () => {
    const { world, enrol, cutOff, restart, sealedTypes } = await interrupted();
    cutOff();
    await expect(enrol()).rejects.toThrow();
    restart();
    await Promise.all([enrol(), world.keep(), enrol(), world.keep()]);
    expect(await sealedTypes()).toEqual(everything);
  });

  it('is finished by a round while it is still on its way, and gets nothing twice', async () => {
    const { world, enrol, sealedTypes } = await interrupted();
    await Promise.all([enrol(), enrol(), world.keep(), world.keep()]);
    await world.keep();
    expect(await sealedTypes()).toEqual(everything);
  });

  it('after its approval is finished by whoever asks first', async () => {
    const { world, enrol, cutOff, restart, sealedTypes, id } = await interrupted({
      approval: true,
    });
    expect(await enrol()).toMatchObject({ state: 'awaiting-approval' });
    cutOff();
    const approve = () => world.registry.approveEnrolment({ ...world.caller, id });
    await expect(approve()).rejects.toThrow('the process ended');
    restart();
    expect(await approve()).toMatchObject({ state: 'enrolled' });
    expect(await enrol()).toMatchObject({ state: 'enrolled', agent: { state: 'active' } });
    expect(await sealedTypes()).toEqual(everything);
  });
});
