import { describe, expect, it } from 'vitest';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { answerOnce, type CarryOut, forgetRequests } from '../../src/requests/answer-once.ts';
import type { RequestId } from '../../src/requests/remembered-request.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { openRegistryWorld } from '../journeys/registry-world.ts';

const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason: 'CHG-1' };

async function openWorld() {
  const world = await openRegistryWorld();
  const { organizationId } = world.caller;
  const input = { organizationId, tokenId: 'tok_1', key: 'k', fingerprint: 'same' };
  return {
    ...world,
    input,
    once: (run: CarryOut, changes: Partial<typeof input> = {}) =>
      answerOnce(world.deps, { ...input, ...changes }, run),
  };
}

/** The process that ends between the effect and the answer. */
const killed = new Error('killed');

describe('a request under a key', () => {
  it('is carried out once in a day', async () => {
    const { once, clock } = await openWorld();
    const runs: string[] = [];
    const run = async (id: RequestId) => `answer ${runs.push(id)}`;
    expect(await once(run)).toEqual({ text: 'answer 1', isReplayed: false });
    clock.moveBy(23 * 3_600_000);
    expect(await once(run)).toEqual({ text: 'answer 1', isReplayed: true });
    expect(runs).toHaveLength(1);
  });

  it('is forgotten after a day', async () => {
    const { once, clock, deps } = await openWorld();
    await once(async () => 'first');
    clock.moveBy(24 * 3_600_000);
    expect(await forgetRequests(deps, 10)).toBe(0);
    clock.moveBy(1);
    expect(await forgetRequests(deps, 10)).toBe(1);
    expect(await once(async () => 'second')).toEqual({ text: 'second', isReplayed: false });
  });

  it('is refused while it is being answered, and taken over a minute after its process ended', async () => {
    const { once, clock } = await openWorld();
    const ids: string[] = [];
    const never = new Promise<string>(() => {});
    void once((id) => {
      ids.push(id);
      return never;
    });
    await expect(once(async () => 'second')).rejects.toMatchObject({
      code: 'idempotency-key-in-use',
    });
    clock.moveBy(60_000);
    const run = async (id: RequestId) => {
      ids.push(id);
      return 'third';
    };
    expect(await once(run)).toEqual({ text: 'third', isReplayed: false });
    expect(ids[1]).toBe(ids[0]);
  });

  it('is free again after a refusal, and after a fault keeps its id', async () => {
    const { once, clock } = await openWorld();
    const ids: string[] = [];
    const failing = (error: Error) => (id: RequestId) => {
      ids.push(id);
      return Promise.reject(error);
    };
    await expect(once(failing(new SealwrightError('handle-taken', 'no')))).rejects.toThrow('no');
    clock.moveBy(1);
    const lost = new SealwrightError('storage-unavailable', 'lost');
    for (const fault of [killed, lost]) {
      await expect(once(failing(fault))).rejects.toBe(fault);
      clock.moveBy(1);
    }
    expect(ids[1]).not.toBe(ids[0]);
    expect(ids[2]).toBe(ids[1]);
  });

  it('is refused for another question', async () => {
    const { once } = await openWorld();
    await once(async () => 'first');
    await expect(once(async () => 'second', { fingerprint: 'other' })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
  });
});

describe('a request whose process ended between effect and answer', () => {
  it('finds the agent that it onboarded', async () => {
    const { once, caller, registry, clock, enrolment } = await openOnboarding();
    const onboard = async (requestId: RequestId) =>
      (await registry.enrolAgent({ ...caller, ...enrolment, requestId })).agent.id;
    const kept: string[] = [];
    const dying = async (id: RequestId) => {
      kept.push(await onboard(id));
      throw killed;
    };
    await expect(once(dying)).rejects.toBe(killed);
    clock.moveBy(1);
    expect((await once(onboard)).text).toBe(kept[0]);
    await expect(registry.enrolAgent({ ...caller, ...enrolment })).rejects.toMatchObject({
      code: 'handle-taken',
    });
  });

  it('finds the credential that it issued', async () => {
    const { once, caller, registry, enrol, clock, credentialsOf } = await openOnboarding();
    await enrol('bot');
    const issue = async (requestId: RequestId) =>
      (await registry.issueCredential({ ...caller, ...facet, handle: 'bot', requestId })).id;
    const kept: string[] = [];
    const dying = async (id: RequestId) => {
      kept.push(await issue(id));
      throw killed;
    };
    await expect(once(dying)).rejects.toBe(killed);
    clock.moveBy(1);
    expect((await once(issue)).text).toBe(kept[0]);
    expect(await credentialsOf('bot', 'allowed-actions')).toBe(1);
  });

  it.each(['suspend', 'resume', 'retire'] as const)(
    'finds the agent whose state it was to %s, and publishes that',
    async (verb) => {
      const { once, registry, clock, interruptions, ...world } = await openOnboarding();
      await world.enrol('bot');
      const order = { ...world.caller, handle: 'bot', reason: 'CHG-1' };
      if (verb === 'resume') await registry.suspendAgent(order);
      const change = (
        { suspend: 'suspendAgent', resume: 'resumeAgent', retire: 'retireAgent' } as const
      )[verb];
      const run: CarryOut = async (requestId, isResent) =>
        (await registry[change]({ ...order, requestId, isResent })).state;
      interruptions.beforeSigning = () => Promise.reject(killed);
      await expect(once(run)).rejects.toBe(killed);
      interruptions.beforeSigning = async () => {};
      clock.moveBy(1);
      const [audited, list] = [await world.audited(), await world.document('/status/1s')];
      const { text } = await once(run);
      const agent = await registry.findAgent(order);
      expect(text).toBe(agent.state);
      expect(agent.publishedRevision).toBe(agent.papersRevision);
      expect((await world.document('/status/1s'))?.version).toBeGreaterThan(list?.version ?? 0);
      const ofAgent = ({ subject }: { readonly subject: string }) => subject === agent.id;
      expect((await world.audited()).filter(ofAgent)).toEqual(audited.filter(ofAgent));
      await expect(once(run, { key: 'other' })).rejects.toMatchObject({
        code: 'agent-wrong-state',
      });
    },
  );

  it('finds the credential that it resumed, and publishes that', async () => {
    const { once, registry, clock, interruptions, ...world } = await openOnboarding();
    await world.enrol('bot');
    const { id } = await world.issue('bot');
    const order = { ...world.caller, id, reason: 'CHG-1' };
    await registry.suspendCredential(order);
    const resume: CarryOut = async (requestId, isResent) =>
      (
        await registry.resumeCredential({ ...order, requestId, isResent })
      ).publishedAt.toISOString();
    interruptions.beforeSigning = () => Promise.reject(killed);
    await expect(once(resume)).rejects.toBe(killed);
    interruptions.beforeSigning = async () => {};
    clock.moveBy(1_000);
    expect((await world.credential(id)).suspendedAt).toBeNull();
    expect((await once(resume)).text).toBe(clock.now().toISOString());
    await expect(once(resume, { key: 'other' })).rejects.toMatchObject({
      code: 'credential-wrong-state',
    });
  });

  it('issues anew when its first intent was given up, and waits until that is known', async () => {
    const world = await openOnboarding();
    const { once, caller, registry, enrol, clock, interruptions, credentialsOf } = world;
    await enrol('bot');
    const issue = async (requestId: RequestId) =>
      (await registry.issueCredential({ ...caller, ...facet, handle: 'bot', requestId })).id;
    interruptions.beforeSigning = () => Promise.reject(killed);
    await expect(once(issue)).rejects.toBe(killed);
    interruptions.beforeSigning = async () => {};
    clock.moveBy(1);
    await expect(once(issue)).rejects.toMatchObject({ code: 'idempotency-key-in-use' });
    clock.moveBy(61_000);
    await world.keep();
    expect((await once(issue)).isReplayed).toBe(false);
    expect(await credentialsOf('bot', 'allowed-actions')).toBe(1);
  });
});

async function openOnboarding() {
  const world = await openWorld();
  return {
    ...world,
    enrolment: {
      handle: 'bot',
      kind: 'agent',
      name: 'Bot',
      owners: ['a@acme.com'],
      key: { custody: 'registry' },
    } as const,
    credentialsOf: async (handle: string, type: 'allowed-actions') => {
      const agent = await world.registry.findAgent({ ...world.caller, handle });
      const { organizationId } = world.caller;
      const at = world.clock.now();
      const filter = { organizationId, agentId: agent.id, type, state: 'active', at } as const;
      return (await world.registry.listCredentials(filter, { limit: 10 })).length;
    },
  };
}
