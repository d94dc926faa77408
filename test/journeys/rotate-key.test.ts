import { describe, expect, it } from 'vitest';
import { documentsHeldS, keySetsHeldS } from '../../src/keys/key-rotation.ts';
import type { RequestId } from '../../src/requests/remembered-request.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { heldJwk } from '../support/edge-world.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

/** RFC 8037 appendix A.2: a key of the other algorithm. */
const edwardsJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;

async function openWithAgent(changes: Parameters<RegistryWorld['enrol']>[1] = {}) {
  const world = await openRegistryWorld();
  const agent = await world.enrol('bot', changes);
  // Keys sort by the millisecond.
  world.clock.moveBy(1);
  const ref = { ...world.caller, handle: 'bot' };
  const thumbprints = async () =>
    (await world.registry.listAgentKeys(ref)).keys.map(({ thumbprint }) => thumbprint);
  return {
    ...{ world, agent, ref, thumbprints },
    /** Which keys each document names: `a` for the former one, `b` for the new one. */
    named: async ([former, next]: readonly (string | undefined)[]) => {
      const nameOf = (kid: string) => (kid === former ? 'a' : kid === next ? 'b' : '?');
      const { keys } = await world.json('/a/bot/jwks.json');
      const did = await world.json('/a/bot/did.json');
      const passport = await world.passport('bot');
      return {
        jwks: keys.map(({ kid }: { kid: string }) => nameOf(kid)).join(''),
        did: did.authentication.map((id: string) => nameOf(id.split('#')[1] ?? '')).join(''),
        passport: passport.credentialSubject.jwkThumbprints.map(nameOf).join(''),
      };
    },
    /** Moves the clock on by so many seconds, and runs a round. */
    pass: async (seconds: number) => {
      world.clock.moveBy(seconds * 1_000);
      return (await world.keep()).rotationsAdvanced;
    },
  };
}

describe('rotating the key of an agent', () => {
  it('takes each step once the caches allow it, and not a second sooner', async () => {
    const { world, ref, thumbprints, named, pass } = await openWithAgent();
    const order = { ...ref, overlap: 'PT10M' };
    const begun = await world.registry.rotateAgentKey(order);
    expect(begun.privateJwk).toBeNull();
    const pair = await thumbprints();
    const seen = [await named(pair)];
    for (const wait of [documentsHeldS, keySetsHeldS, 600, keySetsHeldS]) {
      expect(await pass(wait - 1)).toBe(0);
      expect(await pass(1)).toBe(1);
      seen.push(await named(pair));
    }
    expect(seen).toStrictEqual([
      { jwks: 'a', did: 'a', passport: 'ab' },
      { jwks: 'ab', did: 'ab', passport: 'ab' },
      { jwks: 'ab', did: 'ab', passport: 'ab' },
      { jwks: 'b', did: 'b', passport: 'ab' },
      { jwks: 'b', did: 'b', passport: 'b' },
    ]);
  });

  it('waits for what the documents, the verifier and other caches hold at most', () => {
    // max-age 300, reused by the verifier for 5 s more, and 60 s for commit and clocks.
    expect(documentsHeldS).toBe(365);
    // jose holds a key set for 600 s, whatever its max-age is.
    expect(keySetsHeldS).toBe(660);
  });

  it('says at once what comes when, and when the former key may be dropped', async () => {
    const { world, ref } = await openWithAgent();
    const { rotation } = await world.registry.rotateAgentKey({ ...ref, overlap: 'PT10M' });
    const at = (seconds: number) => new Date(world.clock.now().getTime() + seconds * 1_000);
    expect(rotation?.steps).toStrictEqual([
      { step: 'introduced', done: true, at: at(0) },
      { step: 'published', done: false, at: at(365) },
      { step: 'activated', done: false, at: at(1_025) },
      { step: 'retired', done: false, at: at(1_625) },
      { step: 'removed', done: false, at: at(2_285) },
      { step: 'finished', done: false, at: at(2_650) },
    ]);
    expect(rotation?.usableFrom).toStrictEqual(at(1_025));
    expect(rotation?.safeToRetireAt).toStrictEqual(at(1_625));
  });

  it('revokes the passports that name the former key once nobody holds one', async () => {
    const { world, agent, ref, pass } = await openWithAgent();
    await world.registry.rotateAgentKey({ ...ref, overlap: 'PT10M' });
    for (const wait of [365, 660, 600, 660]) await pass(wait);
    const states = async () => {
      const passports = await world.held(agent.id);
      return Promise.all(passports.map((passport) => world.shown(passport)));
    };
    const before = await states();
    expect(new Set(before)).toStrictEqual(new Set(['valid']));
    expect(await pass(365)).toBe(1);
    expect(await states()).toStrictEqual([...before.slice(1).map(() => 'revoked'), 'valid']);
    expect((await world.registry.listAgentKeys(ref)).rotation).toBeNull();
    expect(await pass(86_400)).toBe(0);
  });

  it('is refused while another one is under way, and may be begun anew after it', async () => {
    const { world, ref, pass } = await openWithAgent();
    const order = { ...ref, overlap: 'PT10M' };
    await world.registry.rotateAgentKey(order);
    expect(await refusalLater(world.registry.rotateAgentKey(order))).toStrictEqual([
      'rotation-under-way',
    ]);
    for (const wait of [365, 660, 600, 660, 365]) await pass(wait);
    await world.registry.rotateAgentKey(order);
    expect((await world.registry.listAgentKeys(ref)).keys).toHaveLength(2);
  });

  it('is begun once by a request that is sent again, however far the first attempt got', async () => {
    const { world, ref, thumbprints, named, pass } = await openWithAgent();
    const requestId = 'req_01m7wd7tg0aaaaaaaaaaaaaaaa' as RequestId;
    const order = { ...ref, requestId, overlap: 'PT10M' };
    world.interruptions.beforeSigning = async () => {
      throw new Error('the process was killed');
    };
    await expect(world.registry.rotateAgentKey(order)).rejects.toThrow('the process was killed');
    world.interruptions.beforeSigning = async () => undefined;
    const pair = await thumbprints();
    expect(pair).toHaveLength(2);
    const again = await world.registry.rotateAgentKey(order);
    expect(again.keys.map(({ thumbprint }) => thumbprint)).toStrictEqual(pair);
    expect(await named(pair)).toStrictEqual({ jwks: 'a', did: 'a', passport: 'ab' });
    for (const wait of [365, 660, 600, 660, 365]) await pass(wait);
    const over = await world.registry.rotateAgentKey(order);
    expect([over.rotation, over.keys.map(({ thumbprint }) => thumbprint)]).toStrictEqual([
      null,
      pair.slice(1),
    ]);
  });

  it('names no algorithm of client authentication while keys of two are in use', async () => {
    const { world, ref, pass } = await openWithAgent({
      key: { custody: 'jwk', jwk: heldJwk },
      profiles: ['strict'],
    });
    const algorithms = async () => {
      const documents = ['/a/bot/client.json', '/a/bot/strict/client.json'];
      const read = await Promise.all(documents.map((path) => world.json(path)));
      return read.map((document) => document.token_endpoint_auth_signing_alg);
    };
    expect(await algorithms()).toStrictEqual(['ES256', 'ES256']);
    await world.registry.rotateAgentKey({ ...ref, jwk: edwardsJwk, overlap: 'PT10M' });
    for (const wait of [365, 660, 600, 660]) {
      expect(await algorithms()).toStrictEqual([undefined, undefined]);
      await pass(wait);
    }
    expect(await algorithms()).toStrictEqual(['Ed25519', 'Ed25519']);
  });

  it('hands a new key out once where the first was, and keeps one where it was kept', async () => {
    const { world, ref } = await openWithAgent({ key: { custody: 'issued' } });
    const { keys, privateJwk } = await world.registry.rotateAgentKey(ref);
    expect(privateJwk).toMatchObject({ kty: 'EC', x: Reflect.get(keys[1]?.publicJwk ?? {}, 'x') });
    expect(keys.map(({ sealed }) => sealed)).toStrictEqual([null, null]);
    const kept = await openWithAgent();
    const sealed = await kept.world.registry.rotateAgentKey(kept.ref);
    expect(sealed.privateJwk).toBeNull();
    expect(sealed.keys.map((key) => key.sealed === null)).toStrictEqual([false, false]);
  });

  it.each([
    ['no key from who holds its own', { key: { custody: 'jwk', jwk: heldJwk } }, {}, '/jwk'],
    ['a key for an agent whose key is kept here', {}, { jwk: edwardsJwk }, '/jwk'],
    ['an overlap of a second less', {}, { overlap: 'PT4M' }, '/overlap'],
    ['an overlap above a month', {}, { overlap: 'P31D' }, '/overlap'],
    ['an overlap in months', {}, { overlap: 'P1M' }, '/overlap'],
    ['no overlap', {}, { overlap: '' }, '/overlap'],
  ] as const)('refuses %s, and changes nothing', async (_, agent, order, pointer) => {
    const { world, ref } = await openWithAgent(agent);
    const before = await world.snapshot();
    const refused = world.registry.rotateAgentKey({ ...ref, ...order });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-input',
      faults: [{ pointer }],
    });
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('refuses the key that the agent has already', async () => {
    const { world, ref } = await openWithAgent({ key: { custody: 'jwk', jwk: heldJwk } });
    const before = await world.snapshot();
    expect(
      await refusalLater(world.registry.rotateAgentKey({ ...ref, jwk: heldJwk })),
    ).toStrictEqual(['key-not-usable']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('waits while the agent is suspended, and goes on once it is resumed', async () => {
    const { world, ref, pass } = await openWithAgent();
    await world.registry.rotateAgentKey(ref);
    await world.registry.suspendAgent({ ...ref, reason: 'INC-1' });
    expect(await pass(400)).toBe(0);
    await world.registry.resumeAgent({ ...ref, reason: 'INC-1' });
    expect(await pass(0)).toBe(1);
  });

  it('ends with the agent', async () => {
    const { world, ref, pass } = await openWithAgent();
    await world.registry.rotateAgentKey(ref);
    await world.registry.retireAgent({ ...ref, reason: 'gone' });
    expect(await pass(86_400)).toBe(0);
    expect(await world.registry.listAgentKeys(ref)).toMatchObject({ keys: [], rotation: null });
  });

  it('begins a wait when the documents are out, not when the step was written down', async () => {
    const { world, agent, ref, pass } = await openWithAgent();
    await world.registry.rotateAgentKey(ref);
    world.interruptions.beforeSigning = () => Promise.reject(new Error('killed'));
    expect(await pass(365)).toBe(0);
    world.interruptions.beforeSigning = async () => {};
    const owed = await world.deps.rotations.find(agent.id);
    expect(owed).toMatchObject({ step: 'published', shownAt: null, dueAt: null });
    world.clock.moveBy(3_600_000);
    await world.keep();
    const { rotation } = await world.registry.listAgentKeys(ref);
    expect(rotation?.steps[1]).toStrictEqual({
      step: 'published',
      done: true,
      at: world.clock.now(),
    });
    expect(await pass(keySetsHeldS - 1)).toBe(0);
    expect(await pass(1)).toBe(1);
  });
});

describe('retiring the former key early', () => {
  it('ends the overlap, once the new key is in use', async () => {
    const { world, ref, thumbprints, named, pass } = await openWithAgent();
    await world.registry.rotateAgentKey(ref);
    const pair = await thumbprints();
    const [former = '', next = ''] = pair;
    const retire = (thumbprint: string) =>
      world.registry.retireAgentKey({ ...ref, thumbprint, reason: 'moved' });
    for (const wait of [365, 660]) {
      expect(await refusalLater(retire(former))).toStrictEqual(['key-wrong-state']);
      await pass(wait);
    }
    expect(await refusalLater(retire(next))).toStrictEqual(['key-wrong-state']);
    expect(await refusalLater(retire('unknown'))).toStrictEqual(['key-not-found']);
    const { rotation } = await retire(former);
    expect(await named(pair)).toStrictEqual({ jwks: 'b', did: 'b', passport: 'ab' });
    expect(rotation?.steps.filter(({ done }) => done).at(-1)?.step).toBe('retired');
    expect(await pass(keySetsHeldS)).toBe(1);
  });
});
