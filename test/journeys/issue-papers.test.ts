import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../src/agents/agent.ts';
import { createIssuePapers, renewalOf } from '../../src/journeys/issue-papers.ts';
import type { PapersDeps } from '../../src/journeys/papers.ts';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const order = { actor: { kind: 'system', id: 'test' }, reason: 'test', narrows: false } as const;

/** Changes the agent behind the back of the papers that are being signed, as another process does. */
function overtakeOnce(world: RegistryWorld, agentId: AgentId, times = 1): void {
  let left = times;
  world.interruptions.beforeSigning = async () => {
    if (left === 0) return;
    left -= 1;
    await world.database.run(({ agents }) => agents.reviseAll([agentId]));
  };
}

describe('papers that are overtaken', () => {
  it('are composed anew, and the call answers with those that are published', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    overtakeOnce(world, agent.id);
    const { passport } = await world.deps.issuePapers(renewalOf(agent.id, order));
    expect(JSON.parse(passport.payload)).toStrictEqual(await world.passport('billing-bot'));
    const { papersRevision, publishedRevision } = await world.agent('billing-bot');
    expect([papersRevision, publishedRevision]).toStrictEqual([4, 4]);
  });

  it('keep their facet and give up their passport', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    overtakeOnce(world, agent.id);
    const facet = await world.issue('billing-bot');
    const held = (await world.held(agent.id)).map(({ type, sealing }) => `${type} ${sealing}`);
    expect(held.sort()).toStrictEqual([
      'allowed-actions sealed',
      'passport abandoned',
      'passport sealed',
      'passport sealed',
    ]);
    expect((await world.credential(facet.id)).sealing).toBe('sealed');
  });

  it('are audited as abandoned', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    overtakeOnce(world, agent.id);
    await world.deps.issuePapers(renewalOf(agent.id, order));
    const abandoned = (await world.held(agent.id)).filter(({ sealing }) => sealing === 'abandoned');
    const events = (await world.audited()).filter(
      ({ action }) => action === 'credential.abandoned',
    );
    expect(events.map(({ subject }) => subject)).toStrictEqual(abandoned.map(({ id }) => id));
  });

  it('of a narrowing still revoke the former passport', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    const { id } = await world.issue('billing-bot');
    overtakeOnce(world, agent.id);
    await world.registry.revokeCredential({ ...world.caller, id, reason: 'INC-7' });
    const sealed = (await world.held(agent.id)).filter(({ sealing }) => sealing === 'sealed');
    const states = await Promise.all(sealed.map(world.shown));
    expect(states.sort()).toStrictEqual(['revoked', 'revoked', 'revoked', 'valid']);
    expect((await world.passport('billing-bot')).credentialSubject).toHaveProperty(
      'authorizedScopes',
      [],
    );
  });

  it('five times over are given up, to be caught up with later', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    overtakeOnce(world, agent.id, 5);
    const issuing = world.deps.issuePapers(renewalOf(agent.id, order));
    expect(await refusalLater(issuing)).toStrictEqual(['conflict-retry']);
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 1, failures: [] });
    const { papersRevision, publishedRevision } = await world.agent('billing-bot');
    expect(publishedRevision).toBe(papersRevision);
  });
});

describe('orders that arrive together', () => {
  it('share a passport for each agent', async () => {
    const world = await openRegistryWorld();
    const agents = [await world.enrol('billing-bot'), await world.enrol('other-bot')];
    const ids = [0, 0, 1, 0, 1].map((place) => agents[place]?.id as AgentId);
    const issued = await Promise.all(ids.map((id) => world.deps.issuePapers(renewalOf(id, order))));
    const passports = issued.map(({ passport }) => passport.id);
    // The first goes alone; the others wait for it and go together.
    expect(new Set(passports).size).toBe(3);
    expect(passports[1]).toBe(passports[3]);
    expect(passports[2]).toBe(passports[4]);
  });

  it('of which one narrows revoke the former passport of that agent alone', async () => {
    const world = await openRegistryWorld();
    const first = await world.enrol('first-bot');
    const [one, other] = [await world.enrol('billing-bot'), await world.enrol('other-bot')];
    await Promise.all([
      world.deps.issuePapers(renewalOf(first.id, order)),
      world.deps.issuePapers(renewalOf(one.id, order)),
      world.deps.issuePapers(renewalOf(one.id, { ...order, narrows: true })),
      world.deps.issuePapers(renewalOf(other.id, order)),
    ]);
    const states = async (id: AgentId) =>
      (await Promise.all((await world.held(id)).map(world.shown))).sort();
    expect(await states(one.id)).toStrictEqual(['revoked', 'valid']);
    expect(await states(other.id)).toStrictEqual(['valid', 'valid']);
  });

  it('for an agent that is not there are refused alone', async () => {
    const world = await openRegistryWorld();
    const { id } = await world.enrol('billing-bot');
    const settled = await Promise.allSettled(
      [id, 'agt_unknown' as AgentId, id].map((one) =>
        world.deps.issuePapers(renewalOf(one, order)),
      ),
    );
    expect(settled.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });
});

describe('orders whose database is lost on the way', () => {
  it('are refused together, and none of them is made twice', async () => {
    const world = await openRegistryWorld();
    const agents = [await world.enrol('first-bot'), await world.enrol('billing-bot')];
    const made: string[] = [];
    let losses = 0;
    const work: PapersDeps['work'] = {
      run: async (change) => {
        const result = await world.database.run(change);
        if (made.length < 3 || losses > 0) return result;
        losses += 1;
        throw new SealwrightError('storage-unavailable', 'The answer to the commit is lost.');
      },
    };
    const issuePapers = createIssuePapers({ ...world.deps, work });
    const settled = await Promise.allSettled(
      [0, 0, 1].map((place) => {
        const plain = renewalOf(agents[place]?.id as AgentId, order);
        const begin: typeof plain.begin = (stores, agent, at) => {
          made.push(String(place));
          return plain.begin(stores, agent, at);
        };
        return issuePapers({ ...plain, begin });
      }),
    );
    expect(settled.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(made).toStrictEqual(['0', '0', '1']);
  });
});

describe('intent before signature', () => {
  it('records the very octets that are signed, before they are', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    const unknown: unknown[] = [];
    world.interruptions.beforeSigning = async (payload) => {
      const recorded = (await world.held(agent.id)).map((one) => JSON.parse(one.payload).id);
      if (!recorded.includes(payload['id'])) unknown.push(payload['id']);
    };
    await world.issue('billing-bot');
    expect(unknown).toStrictEqual([]);
    for (const { jwt, payload } of await world.held(agent.id)) {
      const signed = Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8');
      expect(signed).toBe(payload);
    }
  });
});
