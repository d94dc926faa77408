import { describe, expect, it } from 'vitest';
import type { Credential, CredentialId } from '../../src/credentials/credential.ts';
import type { ChangedCredential } from '../../src/journeys/registry.ts';
import { asJson, certified } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, payloadOf, type RegistryWorld } from './registry-world.ts';

type Verb = 'revoke' | 'suspend' | 'resume';

function change(world: RegistryWorld, verb: Verb, id: CredentialId): Promise<ChangedCredential> {
  const input = { ...world.caller, id, reason: 'INC-7' };
  world.clock.moveBy(1);
  if (verb === 'revoke') return world.registry.revokeCredential(input);
  return verb === 'suspend'
    ? world.registry.suspendCredential(input)
    : world.registry.resumeCredential(input);
}

/** An agent with one facet that allows one scope, and lists that are published. */
async function openWithFacet() {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot');
  const facet = await world.issue('billing-bot');
  await world.keep();
  world.published.splice(0);
  const passports = async () => {
    const held = await world.held(facet.agentId);
    return held.filter(({ type }) => type === 'passport');
  };
  const scopes = async () =>
    (await world.passport('billing-bot')).credentialSubject.authorizedScopes;
  return { world, facet, passports, scopes };
}

describe('a facet that is taken back', () => {
  it.each([
    ['revoke', 'revoked'],
    ['suspend', 'suspended'],
  ] as const)('%s: the lists show it when the call answers', async (verb, shown) => {
    const { world, facet } = await openWithFacet();
    world.clock.moveBy(60_000);
    const { credential, publishedAt } = await change(world, verb, facet.id);
    expect(await world.shown(facet)).toBe(shown);
    expect(publishedAt.getTime()).toBeGreaterThanOrEqual(world.clock.now().getTime());
    expect(verb === 'revoke' ? credential.revokedAt : credential.suspendedAt).toStrictEqual(
      world.clock.now(),
    );
  });

  it.each(['revoke', 'suspend'] as const)(
    '%s: takes its scopes and every former passport with it',
    async (verb) => {
      const { world, facet, passports, scopes } = await openWithFacet();
      const former = await passports();
      await change(world, verb, facet.id);
      expect(await scopes()).toStrictEqual([]);
      const states = await Promise.all((await passports()).map(world.shown));
      expect(former).toHaveLength(2);
      expect(states).toStrictEqual(['revoked', 'revoked', 'valid']);
    },
  );

  it('publishes the new document before the lists that revoke the former passport', async () => {
    const { world, facet, passports } = await openWithFacet();
    const former = (await passports()).at(-1) as Credential;
    await change(world, 'revoke', facet.id);
    const order = world.published.map(({ path }) => path);
    expect(order.indexOf('/a/billing-bot/client.json')).toBe(0);
    expect(order.indexOf('/status/1r')).toBeGreaterThan(0);
    expect(order.filter((path) => path === '/status/1r')).toHaveLength(1);
    expect(await world.shown(former)).toBe('revoked');
  });

  it('is not revoked in the lists while the new document is not there', async () => {
    const { world, facet, passports } = await openWithFacet();
    const [former] = await passports();
    world.interruptions.beforeSigning = async ({ type }) => {
      const isPassport = (type as string[]).includes('AgentAuthorizationCredential');
      if (isPassport) expect(await world.shown(former as Credential)).toBe('valid');
    };
    await change(world, 'revoke', facet.id);
    expect(await world.shown(former as Credential)).toBe('revoked');
  });

  it('leaves the listing of public facets', async () => {
    const { world } = await openWithFacet();
    const compliance = { type: 'compliance', claims: asJson(certified) };
    const { id } = await world.issue('billing-bot', compliance);
    expect(await world.json('/a/billing-bot/credentials')).toHaveLength(1);
    await change(world, 'revoke', id);
    expect(await world.json('/a/billing-bot/credentials')).toStrictEqual([]);
    expect((await world.document(`/a/billing-bot/credentials/${id}`))?.state).toBe('live');
  });

  it('is audited, and so is the passport that went with it', async () => {
    const { world, facet, passports } = await openWithFacet();
    const former = (await passports()).map(({ id }) => id);
    const { length } = await world.audited();
    await change(world, 'revoke', facet.id);
    const revoked = (await world.audited(length)).filter(
      ({ action }) => action === 'credential.revoked',
    );
    expect(revoked).toMatchObject([
      { subject: facet.id, actor: { id: 'tok_1' }, reason: 'INC-7' },
      ...former.map((subject) => ({
        subject,
        actor: { id: 'papers' },
        reason: 'superseded by a narrower passport',
      })),
    ]);
  });
});

describe('a suspended facet that is resumed', () => {
  it('is valid again, and so are its scopes', async () => {
    const { world, facet, scopes } = await openWithFacet();
    await change(world, 'suspend', facet.id);
    const { credential } = await change(world, 'resume', facet.id);
    expect(credential.suspendedAt).toBeNull();
    expect(await world.shown(facet)).toBe('valid');
    expect(await scopes()).toStrictEqual(['read:logs/production']);
  });

  it('leaves the passports of the suspension alone', async () => {
    const { world, facet, passports } = await openWithFacet();
    await change(world, 'suspend', facet.id);
    await change(world, 'resume', facet.id);
    const states = await Promise.all((await passports()).map(world.shown));
    expect(states).toStrictEqual(['revoked', 'revoked', 'valid', 'valid']);
  });
});

describe('repeating', () => {
  it('a revocation is harmless and keeps the first moment', async () => {
    const { world, facet } = await openWithFacet();
    const first = await change(world, 'revoke', facet.id);
    world.clock.moveBy(60_000);
    const second = await change(world, 'revoke', facet.id);
    expect(second.credential).toStrictEqual(first.credential);
    expect(await world.shown(facet)).toBe('revoked');
    const events = (await world.audited()).filter(
      ({ action, subject }) => action === 'credential.revoked' && subject === facet.id,
    );
    expect(events.map(({ details }) => details.repeated)).toStrictEqual([false, true]);
  });

  it('a suspension is harmless too', async () => {
    const { world, facet } = await openWithFacet();
    await change(world, 'suspend', facet.id);
    await change(world, 'suspend', facet.id);
    expect(await world.shown(facet)).toBe('suspended');
  });

  it('from many callers at once costs no more than a few publications', async () => {
    const { world, facet } = await openWithFacet();
    const changes = Array.from({ length: 20 }, () => change(world, 'revoke', facet.id));
    const answers = await Promise.all(changes);
    expect(new Set(answers.map(({ credential }) => credential.revokedAt?.getTime())).size).toBe(1);
    expect(world.published.filter(({ path }) => path === '/status/1r').length).toBeLessThan(5);
  });
});

describe('refused, and nothing changed', () => {
  const path: Readonly<Record<string, readonly Verb[]>> = {
    'resume after revoke': ['revoke', 'resume'],
    'suspend after revoke': ['revoke', 'suspend'],
    'resume of what is not suspended': ['resume'],
  };
  it.each(Object.entries(path))('%s', async (_name, verbs) => {
    const { world, facet } = await openWithFacet();
    for (const verb of verbs.slice(0, -1)) await change(world, verb, facet.id);
    const before = await world.snapshot();
    const last = verbs.at(-1) as Verb;
    expect(await refusalLater(change(world, last, facet.id))).toStrictEqual([
      'credential-wrong-state',
    ]);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it.each(['revoke', 'suspend', 'resume'] as const)('%s of a passport', async (verb) => {
    const { world, passports } = await openWithFacet();
    const [passport] = await passports();
    const before = await world.snapshot();
    const changing = change(world, verb, passport?.id as CredentialId);
    expect(await refusalLater(changing)).toStrictEqual(['credential-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it.each(['', ' ', 'r'.repeat(501)])('without a usable reason: %j', async (reason) => {
    const { world, facet } = await openWithFacet();
    const before = await world.snapshot();
    const changing = world.registry.revokeCredential({ ...world.caller, id: facet.id, reason });
    expect(await refusalLater(changing)).toStrictEqual([
      'invalid-input',
      '/reason: say why, in 1 to 500 characters',
    ]);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it.each(['INC-7\u001b[2J', 'INC-7\nINC-8', 'INC\u202e-7'])(
    'with a reason that hides something: %j',
    async (reason) => {
      const { world, facet } = await openWithFacet();
      const before = await world.snapshot();
      const changing = world.registry.revokeCredential({ ...world.caller, id: facet.id, reason });
      expect(await refusalLater(changing)).toStrictEqual([
        'invalid-input',
        '/reason: must not hold control characters',
      ]);
      expect(await world.snapshot()).toStrictEqual(before);
    },
  );

  it('an unknown credential, and one of another organization', async () => {
    const { world, facet } = await openWithFacet();
    const unknown = change(world, 'revoke', 'crd_unknown' as CredentialId);
    expect(await refusalLater(unknown)).toStrictEqual(['credential-not-found']);
    const other = { ...world.caller, organizationId: 'org_other' as typeof facet.organizationId };
    const foreign = world.registry.revokeCredential({ ...other, id: facet.id, reason: 'INC-7' });
    expect(await refusalLater(foreign)).toStrictEqual(['credential-not-found']);
    expect(await world.shown(facet)).toBe('valid');
  });
});

describe('a facet of an agent that is', () => {
  it('suspended is revoked by the lists alone, and gives nothing after the agent resumes', async () => {
    const { world, facet, scopes } = await openWithFacet();
    const agent = { ...world.caller, handle: 'billing-bot', reason: 'INC-7' };
    await world.registry.suspendAgent(agent);
    const { credential } = await change(world, 'revoke', facet.id);
    expect(credential.revokedAt).not.toBeNull();
    expect(await world.shown(facet)).toBe('revoked');
    await world.registry.resumeAgent(agent);
    expect(await scopes()).toStrictEqual([]);
  });

  it.each(['revoke', 'suspend'] as const)(
    'suspended takes its passports with it: %s, and a resumed agent shows none of them',
    async (verb) => {
      const { world, facet, passports } = await openWithFacet();
      const agent = { ...world.caller, handle: 'billing-bot', reason: 'INC-7' };
      await world.registry.suspendAgent(agent);
      await change(world, verb, facet.id);
      const former = await passports();
      expect(former).toHaveLength(2);
      expect(await Promise.all(former.map(world.shown))).toStrictEqual(['revoked', 'revoked']);
      await world.registry.resumeAgent(agent);
      expect(await Promise.all(former.map(world.shown))).toStrictEqual(['revoked', 'revoked']);
      expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
    },
  );

  it.each(['suspendAgent', 'retireAgent'] as const)(
    'active and meets %s on the way is revoked all the same',
    async (verb) => {
      const { world, facet } = await openWithFacet();
      let met = false;
      world.interruptions.beforeSigning = async ({ credentialSubject }) => {
        if (met || !Object.hasOwn(credentialSubject as object, 'jwkThumbprints')) return;
        met = true;
        await world.registry[verb]({ ...world.caller, handle: 'billing-bot', reason: 'INC-8' });
      };
      const { credential } = await change(world, 'revoke', facet.id);
      expect(met).toBe(true);
      expect(credential.revokedAt).not.toBeNull();
      expect(await world.shown(facet)).toBe('revoked');
    },
  );

  it('at its end can still be revoked', async () => {
    const world = await openRegistryWorld();
    await world.enrol('short-bot', { expiresAt: new Date('2026-11-21T00:00:00Z') });
    const facet = await world.issue('short-bot');
    world.clock.set('2026-11-21T00:00:00Z');
    await change(world, 'revoke', facet.id);
    expect(await world.shown(facet)).toBe('revoked');
  });
});

describe('a revocation is never refused for', () => {
  it('the size of the document that it leads to', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    const actions = (count: number, length: number) => ({
      actions: Array.from({ length: count }, (_, place) => ({
        action: 'read',
        resource: `${'x'.repeat(length)}${place}`,
      })),
    });
    const short = await world.issue('billing-bot', { claims: actions(33, 1) });
    await world.issue('billing-bot', { claims: actions(20, 150) });
    await change(world, 'revoke', short.id);
    expect(await world.shown(short)).toBe('revoked');
  });
});

describe('a revocation that is cut short', () => {
  it('is finished by the next call, which answers for the passport too', async () => {
    const { world, facet, passports, scopes } = await openWithFacet();
    const former = await passports();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('the signer is away'));
    await expect(change(world, 'revoke', facet.id)).rejects.toThrow('the signer is away');
    world.interruptions.beforeSigning = async () => {};
    await change(world, 'revoke', facet.id);
    expect(await scopes()).toStrictEqual([]);
    expect(await Promise.all(former.map(world.shown))).toStrictEqual(['revoked', 'revoked']);
  });

  it('is finished by the next round: no passport outlives what it summarises', async () => {
    const { world, facet, passports, scopes } = await openWithFacet();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('the signer is away'));
    await expect(change(world, 'revoke', facet.id)).rejects.toThrow('the signer is away');
    world.interruptions.beforeSigning = async () => {};
    await world.keep();
    expect(await scopes()).toStrictEqual([]);
    expect(await world.shown(facet)).toBe('revoked');
    const summarised = (await passports()).filter(
      ({ jwt }) => payloadOf(jwt ?? '.e30.').credentialSubject?.authorizedScopes.length > 0,
    );
    expect(await Promise.all(summarised.map(world.shown))).toStrictEqual(['revoked']);
  });
});
