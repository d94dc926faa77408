import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import type { FetchOptions } from '../../src/verifier/ports.ts';
import { createPaperWorld } from './support/paper-world.ts';
import { onlyTrust } from './support/tampering.ts';

const nobody = { mode: 'enforce', trust: [] };

async function createPolicedVerifier() {
  const world = await createPaperWorld();
  const verifier = createVerifier(world.options());
  const reason = async () => (await verifier.verifyClient(world.clientId)).reason;
  return { world, verifier, reason };
}

describe('replacePolicy', () => {
  it('rules the next question', async () => {
    const { world, verifier, reason } = await createPolicedVerifier();
    expect(await reason()).toBeNull();
    const asked = world.fetch.asked.length;
    expect(verifier.replacePolicy(nobody)).toEqual({ ok: true, value: nobody });
    expect(await reason()).toBe('issuer-not-trusted');
    expect(await verifier.verifyCredential(await world.issue())).toMatchObject({
      reason: 'issuer-not-trusted',
    });
    expect(world.fetch.asked).toHaveLength(asked);
    expect(verifier.replacePolicy(world.policy).ok).toBe(true);
    expect(await reason()).toBeNull();
  });

  it('rules in every part: mode, limits, demands and algorithms', async () => {
    const { world, verifier, reason } = await createPolicedVerifier();
    verifier.replacePolicy({ ...world.policy, lifetime: { maxDays: 6 } });
    expect(await reason()).toBe('policy-not-met');
    verifier.replacePolicy({ ...world.policy, require: { authorizedScopes: ['x:y'] } });
    expect(await reason()).toBe('policy-not-met');
    verifier.replacePolicy(onlyTrust({ algorithms: ['Ed25519'] })(world.policy));
    expect(await reason()).toBe('algorithm-not-allowed');
    verifier.replacePolicy({ ...world.policy, mode: 'monitor', trust: [] });
    expect(await verifier.verifyClient(world.clientId)).toMatchObject({
      reason: 'issuer-not-trusted',
      advisory: true,
    });
  });

  it('rules what a host may read, held already or not', async () => {
    const { world, verifier, reason } = await createPolicedVerifier();
    expect(await reason()).toBeNull();
    const read = async (url: string) => (await verifier.read(url)).ok;
    const urls = [world.clientId, world.jwksUri, world.didUrl];
    expect(await Promise.all(urls.map(read))).toEqual([true, true, true]);
    verifier.replacePolicy({ ...world.policy, block: [world.clientId] });
    expect(await Promise.all(urls.map(read))).toEqual([false, true, true]);
    verifier.replacePolicy(onlyTrust({ clientIds: ['https://other.com/a/'] })(world.policy));
    const asked = world.fetch.asked.length;
    world.advance(3_600_000);
    expect(await Promise.all(urls.map(read))).toEqual([false, false, false]);
    expect(world.fetch.asked).toHaveLength(asked);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, [' policy-object', '/mode policy-mode', '/trust policy-list']],
    ['an empty object', {}, ['/mode policy-mode', '/trust policy-list']],
    ['a list', [nobody], [' policy-object', '/mode policy-mode', '/trust policy-list']],
    ['a policy with a misspelt member', { ...nobody, requires: {} }, ['/requires policy-unknown']],
    [
      'one with many faults, all of them',
      {
        mode: 'all',
        trust: [{ issuer: '*', clientIds: ['https://'], credentialTypes: [] }],
        status: { maxAgeS: 0 },
        require: { claims: [{ claim: 'x' }] },
      },
      [
        '/mode policy-mode',
        '/trust/0/issuer policy-issuer',
        '/trust/0/clientIds/0 policy-prefix',
        '/trust/0/credentialTypes policy-empty',
        '/require/claims/0/claim policy-pointer',
        '/require/claims/0 policy-claim',
        '/status/maxAgeS policy-number',
      ],
    ],
    [
      'plain http where the fetch does not allow loopback',
      {
        mode: 'enforce',
        trust: [
          {
            issuer: 'did:web:localhost%3A8787',
            clientIds: ['http://localhost:8787/a/'],
            credentialTypes: ['AgentAuthorizationCredential'],
          },
        ],
      },
      ['/trust policy-prefix'],
    ],
  ])('F-17 keeps the policy in force for %s', async (_name, input, faults) => {
    const { verifier, reason } = await createPolicedVerifier();
    const replaced = verifier.replacePolicy(input);
    const found = replaced.ok ? [] : replaced.faults.map((one) => `${one.pointer} ${one.rule}`);
    expect(found).toEqual(faults);
    expect(await reason()).toBeNull();
  });

  it('F-17 keeps a strict policy too: a fault opens nothing', async () => {
    const { world, verifier, reason } = await createPolicedVerifier();
    verifier.replacePolicy(nobody);
    expect(verifier.replacePolicy({ ...world.policy, mode: 'off' }).ok).toBe(false);
    expect(await reason()).toBe('issuer-not-trusted');
  });

  it('takes a copy: what is done to the input or to the answer changes nothing', async () => {
    const { world, verifier } = await createPolicedVerifier();
    const entry = {
      issuer: 'did:web:id.acme.com',
      clientIds: ['https://id.acme.com/b/'],
      credentialTypes: ['AgentAuthorizationCredential'],
    };
    const input = { mode: 'enforce', trust: [entry] };
    const replaced = verifier.replacePolicy(input);
    entry.clientIds.push('https://id.acme.com/a/');
    input.trust.push({ ...entry, clientIds: ['https://id.acme.com/a/'] });
    const judge = async () => (await verifier.verifyCredential(await world.issue())).reason;
    expect(await judge()).toBe('issuer-not-trusted');
    const kept = replaced.ok ? (replaced.value.trust[0]?.clientIds as string[]) : [];
    expect(() => kept.push('https://id.acme.com/a/')).toThrow(TypeError);
    expect(await judge()).toBe('issuer-not-trusted');
  });

  it('leaves questions under way the policy that they began with', async () => {
    const world = await createPaperWorld();
    const waiting: (() => void)[] = [];
    const slow = async (url: string, options: FetchOptions) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return world.fetch(url, options);
    };
    const fetch = Object.assign(slow, { allowLoopback: false });
    const verifier = createVerifier({ ...world.options(), fetch });
    const first = verifier.verifyClient(world.clientId);
    await until(() => waiting.length > 0);
    verifier.replacePolicy(nobody);
    const second = verifier.verifyClient(world.clientId);
    const settled = Promise.all([first, second]);
    const timer = setInterval(() => waiting.splice(0).map((go) => go()), 1);
    const [before, after] = await settled.finally(() => clearInterval(timer));
    expect(before).toMatchObject({ outcome: 'accepted', reason: null });
    expect(after).toMatchObject({ outcome: 'rejected', reason: 'issuer-not-trusted' });
  });

  it('leaves the second look of a question the policy that it began with', async () => {
    const world = await createPaperWorld();
    let replaced = false;
    const tap = async (url: string, options: FetchOptions) => {
      if (replaced === false && options.revalidate === true) {
        replaced = true;
        verifier.replacePolicy(nobody);
      }
      return world.fetch(url, options);
    };
    const fetch = Object.assign(tap, { allowLoopback: false });
    const verifier = createVerifier({ ...world.options(), fetch });
    expect((await verifier.verifyClient(world.clientId)).outcome).toBe('accepted');
    await world.publishList({ purpose: 'revocation', set: [world.index] });
    world.advance(40_000);
    const verdict = await verifier.verifyClient(world.clientId);
    expect(replaced).toBe(true);
    expect(verdict.reason).toBe('status-revoked');
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
