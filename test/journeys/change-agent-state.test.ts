import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { asJson, certified } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

type Verb = 'suspend' | 'resume' | 'retire';

function change(world: RegistryWorld, verb: Verb, handle = 'billing-bot', reason = 'INC-7') {
  const input = { ...world.caller, handle, reason };
  world.clock.moveBy(1);
  if (verb === 'suspend') return world.registry.suspendAgent(input);
  return verb === 'resume' ? world.registry.resumeAgent(input) : world.registry.retireAgent(input);
}

/** An agent with a facet on request and a public one, and lists that are published. */
async function openWithFacets() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  const facet = await world.issue('billing-bot');
  const compliance = { type: 'compliance', claims: asJson(certified) };
  const publicFacet = await world.issue('billing-bot', compliance);
  await world.keep();
  const shown = async () => {
    const states = await Promise.all((await world.held(agent.id)).map(world.shown));
    return [...new Set(states)];
  };
  return { world, agent, facet, publicFacet, shown };
}

describe('suspending', () => {
  it('covers every unexpired credential, and the lists show it when the call answers', async () => {
    const { world, shown } = await openWithFacets();
    const agent = await change(world, 'suspend');
    expect(agent.state).toBe('suspended');
    expect(await world.agent('billing-bot')).toStrictEqual(agent);
    expect(await shown()).toStrictEqual(['suspended']);
  });

  it('shows on the page, and leaves the documents where they are', async () => {
    const { world } = await openWithFacets();
    const before = await world.text('/a/billing-bot/client.json');
    await change(world, 'suspend');
    expect(await world.text('/a/billing-bot')).toBe('Billing Bot is suspended, facets 2');
    expect(await world.text('/a/billing-bot/client.json')).toBe(before);
  });

  it('leaves other agents alone', async () => {
    const { world } = await openWithFacets();
    const other = await world.enrol('other-bot');
    await change(world, 'suspend');
    const [passport] = await world.held(other.id);
    expect(await world.shown(passport as Credential)).toBe('valid');
  });

  it('is audited with its reason and how much it covers', async () => {
    const { world, agent } = await openWithFacets();
    const { length } = await world.audited();
    await change(world, 'suspend');
    expect(await world.audited(length)).toMatchObject([
      {
        action: 'agent.suspended',
        actor: { kind: 'token', id: 'tok_1' },
        subject: agent.id,
        reason: 'INC-7',
        details: { handle: 'billing-bot', credentials: 5 },
      },
    ]);
  });
});

describe('resuming', () => {
  it('makes the credentials valid again and publishes a new passport', async () => {
    const { world, agent, shown } = await openWithFacets();
    await change(world, 'suspend');
    const resumed = await change(world, 'resume');
    expect(resumed.state).toBe('active');
    expect(await shown()).toStrictEqual(['valid']);
    expect(await world.held(agent.id)).toHaveLength(6);
    expect(await world.text('/a/billing-bot')).toBe('Billing Bot is active, facets 2');
  });

  it('leaves a facet suspended that was suspended on its own', async () => {
    const { world, facet, publicFacet } = await openWithFacets();
    const { caller } = world;
    await world.registry.suspendCredential({ ...caller, id: facet.id, reason: 'INC-6' });
    await change(world, 'suspend');
    await change(world, 'resume');
    expect(await world.shown(facet)).toBe('suspended');
    expect(await world.shown(publicFacet)).toBe('valid');
    const { credentialSubject } = await world.passport('billing-bot');
    expect(credentialSubject).toHaveProperty('authorizedScopes', []);
  });

  it('does not end when a facet is resumed on its own', async () => {
    const { world, facet } = await openWithFacets();
    await change(world, 'suspend');
    await world.registry.resumeCredential({ ...world.caller, id: facet.id, reason: 'INC-8' });
    expect(await world.shown(facet)).toBe('suspended');
  });

  it('after a week gives papers that are in force', async () => {
    const { world } = await openWithFacets();
    await change(world, 'suspend');
    world.clock.set('2026-12-05T12:00:00Z');
    await change(world, 'resume');
    expect((await world.passport('billing-bot')).validUntil).toBe('2026-12-12T12:00:00Z');
  });
});

describe('retiring', () => {
  it.each([['active'], ['suspended']])('an agent that is %s revokes all', async (state) => {
    const { world, shown } = await openWithFacets();
    if (state === 'suspended') await change(world, 'suspend');
    const agent = await change(world, 'retire');
    expect(agent.state).toBe('retired');
    expect(await shown()).toStrictEqual(['revoked']);
  });

  it('withdraws what an agent needs, and keeps what an auditor needs', async () => {
    const { world, publicFacet } = await openWithFacets();
    await change(world, 'retire');
    const states = ['/client.json', '/jwks.json', '/callback', '/did.json', '', '/credentials']
      .concat(`/credentials/${publicFacet.id}`)
      .map(async (path) => (await world.document(`/a/billing-bot${path}`))?.state);
    expect(await Promise.all(states)).toStrictEqual([
      ...['gone', 'gone', 'gone', 'live', 'live', 'live'],
      'live',
    ]);
    expect(await world.json('/a/billing-bot/credentials')).toStrictEqual([]);
    const did = await world.json('/a/billing-bot/did.json');
    expect(did.verificationMethod ?? []).toStrictEqual([]);
    expect(did.alsoKnownAs).toStrictEqual(['https://id.acme.com/a/billing-bot/client.json']);
    expect(await world.text('/a/billing-bot')).toBe('Billing Bot is retired, facets 2');
  });

  it('publishes the lists before it withdraws a document', async () => {
    const { world } = await openWithFacets();
    world.published.splice(0);
    await change(world, 'retire');
    const order = world.published.map(({ path }) => path);
    expect(order.slice(0, 3)).toStrictEqual(['/status/1r', '/status/1s', '/token-status/1']);
    expect(order.indexOf('/a/billing-bot/client.json')).toBeGreaterThan(2);
  });

  it('retires the keys of the agent', async () => {
    const { world, agent } = await openWithFacets();
    await change(world, 'retire');
    expect(await world.database.readers.keys.listByDids([agent.did])).toStrictEqual([]);
  });
});

describe('refused, and nothing changed', () => {
  const cases: readonly (readonly [string, readonly Verb[]])[] = [
    ['resuming an active agent', ['resume']],
    ['suspending a suspended one', ['suspend', 'suspend']],
    ['suspending a retired one', ['retire', 'suspend']],
    ['resuming a retired one', ['retire', 'resume']],
    ['retiring a retired one', ['retire', 'retire']],
  ];
  it.each(cases)('%s', async (_name, verbs) => {
    const { world } = await openWithFacets();
    for (const verb of verbs.slice(0, -1)) await change(world, verb);
    const before = await world.snapshot();
    const last = verbs.at(-1) as Verb;
    expect(await refusalLater(change(world, last))).toStrictEqual(['agent-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('the second of two suspensions at the same time', async () => {
    const { world } = await openWithFacets();
    const settled = await Promise.allSettled([change(world, 'suspend'), change(world, 'suspend')]);
    expect(settled.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected']);
    const suspended = (await world.audited()).filter(({ action }) => action === 'agent.suspended');
    expect(suspended).toHaveLength(1);
  });

  it.each(['suspend', 'resume', 'retire'] as const)('%s without a reason', async (verb) => {
    const { world } = await openWithFacets();
    const before = await world.snapshot();
    const refusal = await refusalLater(change(world, verb, 'billing-bot', ' '));
    expect(refusal).toStrictEqual(['invalid-input', '/reason: say why, in 1 to 500 characters']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('an agent that is not there', async () => {
    const { world } = await openWithFacets();
    const refusal = await refusalLater(change(world, 'suspend', 'other-bot'));
    expect(refusal).toStrictEqual(['agent-not-found']);
  });

  it('resuming an agent that has reached its end', async () => {
    const world = await openRegistryWorld();
    await world.enrol('short-bot', { expiresAt: new Date('2026-11-21T00:00:00Z') });
    await change(world, 'suspend', 'short-bot');
    world.clock.set('2026-11-21T00:00:00Z');
    const before = await world.snapshot();
    expect(await refusalLater(change(world, 'resume', 'short-bot'))).toStrictEqual([
      'agent-wrong-state',
    ]);
    expect(await world.snapshot()).toStrictEqual(before);
    expect((await world.agent('short-bot')).state).toBe('suspended');
  });
});

describe('in the middle of an issue', () => {
  it.each([
    ['suspend', 'suspended'],
    ['retire', 'revoked'],
  ] as const)('%s covers the facet that is being signed', async (verb, shown) => {
    const { world, agent } = await openWithFacets();
    let changed = false;
    world.interruptions.beforeSigning = async () => {
      if (changed) return;
      changed = true;
      await change(world, verb);
    };
    await Promise.allSettled([world.issue('billing-bot')]);
    await world.keep();
    const sealed = (await world.held(agent.id)).filter(({ sealing }) => sealing === 'sealed');
    const states = await Promise.all(sealed.map(world.shown));
    expect([...new Set(states)]).toStrictEqual([shown]);
  });

  it.each(['suspend', 'retire'] as const)(
    '%s lets nothing of it come into force later',
    async (verb) => {
      const { world, agent } = await openWithFacets();
      const before = (await world.held(agent.id)).filter(({ sealing }) => sealing === 'sealed');
      let changed = false;
      world.interruptions.beforeSigning = async () => {
        if (changed) return;
        changed = true;
        await change(world, verb);
      };
      const refusal = await refusalLater(world.issue('billing-bot'));
      expect(refusal).toStrictEqual(['agent-wrong-state']);
      const after = await world.held(agent.id);
      const sealed = after.filter(({ sealing }) => sealing === 'sealed');
      expect(sealed.map(({ id }) => id)).toStrictEqual(before.map(({ id }) => id));
      const givenUp = after.filter(({ sealing }) => sealing === 'abandoned');
      expect(givenUp.map(({ type }) => type).sort()).toStrictEqual(['allowed-actions', 'passport']);
      await world.keep();
      expect(await Promise.all(givenUp.map(world.shown))).toStrictEqual(['revoked', 'revoked']);
      expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
    },
  );
});
