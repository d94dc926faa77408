import { describe, expect, it } from 'vitest';
import type { CreateEnrolmentInput } from '../../src/journeys/enrolment-cases.ts';
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
