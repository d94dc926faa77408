import { describe, expect, it } from 'vitest';
import { refusalLater } from '../kernel/refusal.ts';
import { heldJwk } from '../support/edge-world.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

/** RFC 8037 appendix A.2. */
const edwardsJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;
const reason = 'found in a public repository';

async function openWithAgent(changes: Parameters<RegistryWorld['enrol']>[1] = {}) {
  const world = await openRegistryWorld();
  const agent = await world.enrol('bot', changes);
  // Keys sort by the millisecond.
  world.clock.moveBy(1);
  const ref = { ...world.caller, handle: 'bot' };
  const keys = async () => (await world.registry.listAgentKeys(ref)).keys;
  const [first] = await keys();
  return {
    ...{ world, agent, ref, keys },
    first: first?.thumbprint ?? '',
    compromise: (thumbprint: string, jwk?: typeof edwardsJwk) => {
      world.clock.moveBy(1);
      return world.registry.compromiseAgentKey({ ...ref, thumbprint, reason, jwk });
    },
    /** The thumbprints that each document names. */
    named: async () => {
      const jwks = await world.json('/a/bot/jwks.json');
      const did = await world.json('/a/bot/did.json');
      return {
        jwks: jwks.keys.map(({ kid }: { kid: string }) => kid),
        did: (did.authentication ?? []).map((id: string) => id.split('#')[1]),
        passport: (await world.passport('bot')).credentialSubject.jwkThumbprints,
      };
    },
    /** What the published lists show of each passport, oldest first. */
    passports: async () => {
      const held = (await world.held(agent.id)).filter(({ type }) => type === 'passport');
      return Promise.all(held.map((passport) => world.shown(passport)));
    },
    pass: async (seconds: number) => {
      world.clock.moveBy(seconds * 1_000);
      await world.keep();
    },
  };
}

describe('giving up a key as compromised', () => {
  it('puts a new one in its place everywhere, and revokes what named it, before it answers', async () => {
    const { world, keys, first, compromise, named, passports } = await openWithAgent();
    await compromise(first);
    const [next] = await keys();
    expect(next).toMatchObject({ state: 'active', revokedAt: null });
    expect(next?.thumbprint).not.toBe(first);
    const only = [next?.thumbprint];
    expect(await named()).toStrictEqual({ jwks: only, did: only, passport: only });
    expect(await passports()).toStrictEqual(['revoked', 'valid']);
    const told = (await world.audited()).filter(({ action }) => action === 'key.compromised');
    expect(told).toMatchObject([{ reason, details: { key: first, successor: only[0] } }]);
  });

  it('hands the new key out where the first was handed out', async () => {
    const { first, compromise, keys } = await openWithAgent({ key: { custody: 'issued' } });
    const { privateJwk } = await compromise(first);
    const [next] = await keys();
    expect(privateJwk).toMatchObject({ ...next?.publicJwk });
  });

  it('takes the key that is brought along, and its algorithm', async () => {
    const { world, first, compromise, keys } = await openWithAgent({
      key: { custody: 'jwk', jwk: heldJwk },
      profiles: ['strict'],
    });
    await compromise(first, edwardsJwk);
    expect(await keys()).toMatchObject([{ algorithm: 'Ed25519', state: 'active' }]);
    const documents = ['/a/bot/client.json', '/a/bot/strict/client.json'];
    for (const path of documents) {
      expect(await world.json(path)).toMatchObject({ token_endpoint_auth_signing_alg: 'Ed25519' });
    }
  });

  it('covers the passport of the strict document', async () => {
    const { first, compromise, passports } = await openWithAgent({ profiles: ['strict'] });
    await compromise(first);
    expect(await passports()).toStrictEqual(['revoked', 'revoked', 'valid', 'valid']);
  });

  it.each([
    ['the former', 0, 0],
    ['the new', 1, 0],
    ['the former', 0, 1],
    ['the new', 1, 1],
    ['the former', 0, 2],
    ['the new', 1, 2],
  ] as const)(
    'leaves the other key in a rotation: %s one (%i), %i waits on',
    async (_, given, waits) => {
      const { world, ref, keys, compromise, named, passports, pass } = await openWithAgent();
      await world.registry.rotateAgentKey(ref);
      for (const wait of [365, 660].slice(0, waits)) await pass(wait);
      const pair = (await keys()).map(({ thumbprint }) => thumbprint);
      const { rotation } = await compromise(pair[given] ?? '');
      const only = [pair[1 - given]];
      expect(rotation).toBeNull();
      expect(await named()).toStrictEqual({ jwks: only, did: only, passport: only });
      expect(await keys()).toMatchObject([{ thumbprint: only[0], state: 'active' }]);
      const shown = await passports();
      expect(shown).toStrictEqual([...shown.slice(1).map(() => 'revoked'), 'valid']);
      await pass(86_400);
      expect(await named()).toStrictEqual({ jwks: only, did: only, passport: only });
    },
  );

  it('does not bring back a key that has left the key set', async () => {
    const { world, ref, keys, compromise, pass } = await openWithAgent();
    await world.registry.rotateAgentKey({ ...ref, overlap: 'PT5M' });
    for (const wait of [365, 660, 300]) await pass(wait);
    const pair = (await keys()).map(({ thumbprint }) => thumbprint);
    await compromise(pair[1] ?? '');
    const [only, ...others] = await keys();
    expect(others).toStrictEqual([]);
    expect(pair).not.toContain(only?.thumbprint);
  });

  it('suspends an agent that has no other key, until it gets one and is resumed', async () => {
    const { world, ref, first, compromise, keys, passports } = await openWithAgent({
      key: { custody: 'jwk', jwk: heldJwk },
    });
    const facet = await world.issue('bot');
    expect((await compromise(first)).agent.state).toBe('suspended');
    expect(await keys()).toStrictEqual([]);
    expect((await world.json('/a/bot/jwks.json')).keys).toStrictEqual([]);
    expect(await world.json('/a/bot/did.json')).not.toHaveProperty('authentication');
    expect(await world.shown(facet)).toBe('suspended');
    const resume = () => world.registry.resumeAgent({ ...ref, reason: 'INC-1 is over' });
    expect(await refusalLater(resume())).toStrictEqual(['agent-wrong-state']);
    await world.registry.rotateAgentKey({ ...ref, jwk: edwardsJwk });
    expect(await keys()).toMatchObject([{ state: 'active', algorithm: 'Ed25519' }]);
    expect((await world.json('/a/bot/jwks.json')).keys).toHaveLength(1);
    world.clock.moveBy(1);
    await resume();
    expect(await world.shown(facet)).toBe('valid');
    expect((await passports()).at(-1)).toBe('valid');
    expect((await world.passport('bot')).credentialSubject.jwkThumbprints).toHaveLength(1);
  });

  it('works while the agent is suspended, and leaves it so', async () => {
    const { world, agent, ref, first, compromise, keys, passports } = await openWithAgent();
    await world.registry.suspendAgent({ ...ref, reason: 'INC-1' });
    expect((await compromise(first)).agent.state).toBe('suspended');
    const [next] = await keys();
    const { keys: listed } = await world.json('/a/bot/jwks.json');
    expect(listed).toMatchObject([{ kid: next?.thumbprint }]);
    expect((await world.held(agent.id)).map(({ revokedAt }) => revokedAt !== null)).toStrictEqual([
      true,
    ]);
    await world.registry.resumeAgent({ ...ref, reason: 'INC-1 is over' });
    expect((await passports()).at(-1)).toBe('valid');
  });

  it('is refused for a key that the agent has not, and changes nothing', async () => {
    const { world, first, compromise } = await openWithAgent();
    await compromise(first);
    const before = await world.snapshot();
    expect(await refusalLater(compromise(first))).toStrictEqual(['key-not-found']);
    expect(await refusalLater(compromise('unknown'))).toStrictEqual(['key-not-found']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('is finished by a later round when the service ended before it was published', async () => {
    const { world, first, compromise, keys, named, passports } = await openWithAgent();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('killed'));
    await expect(compromise(first)).rejects.toThrow('killed');
    world.interruptions.beforeSigning = async () => {};
    world.clock.moveBy(15_000);
    await world.keep();
    const only = (await keys()).map(({ thumbprint }) => thumbprint);
    expect(only).not.toContain(first);
    expect(await named()).toStrictEqual({ jwks: only, did: only, passport: only });
    expect((await passports())[0]).toBe('revoked');
  });
});
