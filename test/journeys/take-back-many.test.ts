import { describe, expect, it } from 'vitest';
import type { BulkFilter } from '../../src/journeys/bulk-cases.ts';
import { asJson, certified } from '../credentials/made-claims.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

/** Two agents of one team, one of another; each may read logs, and the first is certified. */
async function openWithTeams() {
  const world = await openRegistryWorld();
  await world.enrol('pay-one', { team: 'payments', tags: ['prod'], owners: ['a@acme.com'] });
  await world.enrol('pay-two', { team: 'payments', tags: ['test'] });
  await world.enrol('log-bot', { team: 'logs', tags: ['prod'] });
  for (const handle of ['pay-one', 'pay-two', 'log-bot']) await world.issue(handle);
  await world.issue('pay-one', { type: 'compliance', claims: asJson(certified) });
  await world.keep();
  return world;
}

function order(world: RegistryWorld, filter: BulkFilter, preview = false) {
  world.clock.moveBy(1);
  return { ...world.caller, filter, reason: 'INC-204', preview };
}

/** Type and shown state of all that an agent holds. */
async function holding(world: RegistryWorld, handle: string): Promise<readonly string[]> {
  const { id } = await world.agent(handle);
  const held = await world.held(id);
  const shown = await Promise.all(
    held
      .filter(({ sealing }) => sealing === 'sealed')
      .map(async (one) => `${one.type} ${await world.shown(one)}`),
  );
  return shown.sort();
}

async function scopesOf(world: RegistryWorld, handle: string) {
  return (await world.passport(handle)).credentialSubject.authorizedScopes;
}

describe('revoking many', () => {
  it('takes the facets of a type from a team, and leaves others alone', async () => {
    const world = await openWithTeams();
    const filter = { team: 'payments', type: 'allowed-actions' } as const;
    const outcome = await world.registry.revokeMany(order(world, filter));
    expect(outcome).toMatchObject({ of: 'credentials', publishedAt: expect.any(Date) });
    expect(outcome.ids).toHaveLength(2);
    for (const handle of ['pay-one', 'pay-two']) {
      expect(await scopesOf(world, handle)).toEqual([]);
      const shown = await holding(world, handle);
      expect(shown).toContain('allowed-actions revoked');
      expect(shown.filter((one) => one === 'passport valid')).toHaveLength(1);
    }
    expect(await holding(world, 'pay-one')).toContain('compliance valid');
    expect(await holding(world, 'log-bot')).not.toContain('allowed-actions revoked');
    expect(await scopesOf(world, 'log-bot')).toEqual(['read:logs/production']);
  });

  it('without a type takes the passports, too, and active agents get new ones', async () => {
    const world = await openWithTeams();
    const { ids } = await world.registry.revokeMany(order(world, { agent: 'pay-one' }));
    expect(ids).toHaveLength(5);
    expect(await holding(world, 'pay-one')).toEqual([
      ...['allowed-actions revoked', 'compliance revoked', 'passport revoked'],
      ...['passport revoked', 'passport revoked', 'passport valid'],
    ]);
  });

  it('of passports alone leaves the facets, and the new passports say what they say', async () => {
    const world = await openWithTeams();
    const filter = { type: 'passport', tag: 'prod' } as const;
    await world.registry.revokeMany(order(world, filter));
    expect(await holding(world, 'log-bot')).toEqual([
      ...['allowed-actions valid', 'passport revoked', 'passport revoked', 'passport valid'],
    ]);
    expect(await scopesOf(world, 'pay-one')).toEqual(['read:logs/production']);
    expect(await holding(world, 'pay-two')).not.toContain('passport revoked');
  });

  it('publishes the new documents before the lists, and the lists not once per agent', async () => {
    const world = await openRegistryWorld();
    const handles = Array.from({ length: 40 }, (_, place) => `bot-${place}`);
    for (const handle of handles) {
      await world.enrol(handle, { team: 'payments' });
      await world.issue(handle);
    }
    await world.keep();
    world.published.splice(0);
    const { ids } = await world.registry.revokeMany(
      order(world, { team: 'payments', type: 'allowed-actions' }),
    );
    expect(ids).toHaveLength(40);
    const paths = world.published.map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('/client.json'))).toHaveLength(40);
    expect(paths.filter((path) => path === '/status/1r').length).toBeLessThanOrEqual(5);
    expect(paths.lastIndexOf('/status/1r')).toBeGreaterThan(
      paths.lastIndexOf('/a/bot-39/client.json'),
    );
  });

  it('goes by when a credential was issued', async () => {
    const world = await openWithTeams();
    const early = await world.issue('log-bot', { reason: 'early' });
    world.clock.moveBy(60_000);
    const issuedBefore = world.clock.now();
    const late = await world.issue('log-bot', { reason: 'late' });
    const filter = { agent: 'log-bot', type: 'allowed-actions', issuedBefore } as const;
    const { ids } = await world.registry.revokeMany(order(world, filter));
    expect(ids).toContain(early.id);
    expect(ids).not.toContain(late.id);
    expect(await world.shown(late)).toBe('valid');
  });

  it('goes by the key that signed, as the header names it or by its thumbprint', async () => {
    const world = await openWithTeams();
    const { keys } = world.database.readers;
    const [key] = await keys.listByDids([world.organization.did]);
    const whole = `${world.organization.did}#${key?.thumbprint}`;
    const preview = async (issuerKey: string) =>
      (await world.registry.revokeMany(order(world, { issuerKey }, true))).ids.length;
    expect(await preview(whole)).toBe(11);
    expect(await preview(key?.thumbprint ?? '')).toBe(11);
    expect(await preview('another')).toBe(0);
  });

  it('of a suspended agent lets nothing come back when it resumes', async () => {
    const world = await openWithTeams();
    const pay = { ...world.caller, handle: 'pay-two', reason: 'INC-1' };
    await world.registry.suspendAgent(pay);
    await world.registry.revokeMany(order(world, { type: 'passport' }));
    expect(await holding(world, 'pay-two')).toEqual([
      ...['allowed-actions suspended', 'passport revoked', 'passport revoked'],
    ]);
    await world.registry.revokeMany(order(world, { agent: 'pay-two' }));
    world.clock.moveBy(1);
    await world.registry.resumeAgent(pay);
    expect(await scopesOf(world, 'pay-two')).toEqual([]);
  });

  it('includes what is being signed meanwhile', async () => {
    const world = await openWithTeams();
    let revoking: Promise<unknown> | undefined;
    world.interruptions.beforeSigning = async () => {
      revoking ??= world.registry.revokeMany(
        order(world, { team: 'logs', type: 'allowed-actions' }),
      );
    };
    const facet = await world.issue('log-bot', { reason: 'in flight' });
    await revoking;
    expect(await world.shown(facet)).toBe('revoked');
    expect(await scopesOf(world, 'log-bot')).toEqual([]);
  });

  it('includes renewals, those that are not meant by their date too', async () => {
    const world = await openWithTeams();
    const issuedBefore = world.clock.now();
    world.clock.set('2027-01-19T13:00:00Z');
    expect(await world.keep()).toMatchObject({ facetsRenewed: 4 });
    const filter = { agent: 'log-bot', type: 'allowed-actions', issuedBefore } as const;
    const { ids } = await world.registry.revokeMany(order(world, filter));
    expect(ids).toHaveLength(2);
    expect(await scopesOf(world, 'log-bot')).toEqual([]);
  });
});

describe('suspending many', () => {
  it('stops the agents of an owner, whatever they hold', async () => {
    const world = await openWithTeams();
    const outcome = await world.registry.suspendMany(order(world, { owner: 'a@acme.com' }));
    const { id } = await world.agent('pay-one');
    expect(outcome).toEqual({
      ...{ of: 'agents', ids: [id] },
      ...{ agentsUnderWay: 0, publishedAt: world.clock.now() },
    });
    expect(new Set(await holding(world, 'pay-one'))).toEqual(
      new Set(['passport suspended', 'allowed-actions suspended', 'compliance suspended']),
    );
    expect((await world.agent('pay-two')).state).toBe('active');
    expect(await world.text('/a/pay-one')).toContain('is suspended');
  });

  it('with a type takes the facets alone, which can be resumed', async () => {
    const world = await openWithTeams();
    const filter = { team: 'payments', type: 'allowed-actions' } as const;
    const { of, ids } = await world.registry.suspendMany(order(world, filter));
    expect([of, ids.length]).toEqual(['credentials', 2]);
    expect((await world.agent('pay-one')).state).toBe('active');
    expect(await scopesOf(world, 'pay-one')).toEqual([]);
    const [id] = ids;
    await world.registry.resumeCredential({ ...world.caller, id: id as never, reason: 'over' });
    expect(await scopesOf(world, 'pay-one')).toEqual(['read:logs/production']);
  });
});

it('more agents than one transaction takes are suspended with one publication of the lists', async () => {
  const world = await openRegistryWorld();
  for (let place = 0; place < 66; place += 1) await world.enrol(`bot-${place}`, { team: 'many' });
  await world.keep();
  world.published.splice(0);
  const { ids } = await world.registry.suspendMany(order(world, { team: 'many' }));
  expect(ids).toHaveLength(66);
  const paths = world.published.map(({ path }) => path);
  expect(paths.filter((path) => path === '/status/1s')).toHaveLength(1);
  expect(await holding(world, 'bot-65')).toEqual(['passport suspended']);
  expect(await world.text('/a/bot-65')).toContain('is suspended');
});

describe('both', () => {
  it('repeated find nothing to do, and publish nothing', async () => {
    const world = await openWithTeams();
    await world.registry.suspendMany(order(world, { team: 'logs' }));
    await world.registry.revokeMany(order(world, { type: 'allowed-actions' }));
    const before = await world.snapshot();
    const again = await world.registry.suspendMany(order(world, { team: 'logs' }));
    expect(again.ids).toEqual([]);
    const facets = await world.registry.revokeMany(order(world, { type: 'allowed-actions' }));
    expect(facets.ids).toEqual([]);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('repeated end what was interrupted', async () => {
    const world = await openWithTeams();
    const filter = { team: 'payments', type: 'allowed-actions' } as const;
    world.interruptions.beforeSigning = async ({ credentialSubject }) => {
      const { id } = credentialSubject as { id?: string };
      if (id?.includes('pay-two') === true) throw new Error('killed');
    };
    await expect(world.registry.revokeMany(order(world, filter))).rejects.toThrow('killed');
    expect(await scopesOf(world, 'pay-one')).toEqual([]);
    world.interruptions.beforeSigning = async () => {};
    await world.registry.revokeMany(order(world, filter));
    await world.keep();
    expect(await scopesOf(world, 'pay-two')).toEqual([]);
    const shown = await holding(world, 'pay-two');
    expect(shown).toContain('allowed-actions revoked');
    expect(shown.filter((one) => one === 'passport valid')).toHaveLength(1);
  });

  it.each(['revokeMany', 'suspendMany'] as const)('%s previews without a trace', async (verb) => {
    const world = await openWithTeams();
    const before = await world.snapshot();
    const { ids, publishedAt } = await world.registry[verb](
      order(world, { team: 'payments' }, true),
    );
    expect(publishedAt).toBeNull();
    expect(await world.snapshot()).toStrictEqual(before);
    const done = await world.registry[verb](order(world, { team: 'payments' }));
    expect([...done.ids].sort()).toEqual([...ids].sort());
  });

  it('are audited: the order, and each that it came to', async () => {
    const world = await openWithTeams();
    const { length } = await world.audited();
    const { ids } = await world.registry.revokeMany(
      order(world, { team: 'payments', type: 'allowed-actions' }),
    );
    const events = await world.audited(length);
    expect(events[0]).toMatchObject({
      action: 'revocation.ordered',
      actor: { kind: 'token', id: 'tok_1' },
      subject: world.organization.id,
      reason: 'INC-204',
      details: { filter: '{"team":"payments","type":"allowed-actions"}', count: 2 },
    });
    const revoked = events.filter(
      ({ action, actor }) => action === 'credential.revoked' && actor.kind === 'token',
    );
    expect(revoked.map(({ subject }) => subject).sort()).toEqual([...ids].sort());
    expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
  });

  it.each<[string, 'revokeMany' | 'suspendMany', BulkFilter, readonly string[]]>([
    [
      'nothing named',
      'revokeMany',
      {},
      ['invalid-input', '/filter: name at least one member: nothing means everything'],
    ],
    [
      'nothing named',
      'suspendMany',
      {},
      ['invalid-input', '/filter: name at least one member: nothing means everything'],
    ],
    [
      'passports',
      'suspendMany',
      { type: 'passport' },
      ['invalid-input', '/filter/type: a passport is suspended with its agent: leave the type out'],
    ],
    ['an agent that is not there', 'suspendMany', { agent: 'nobody' }, ['agent-not-found']],
  ])('refuse %s: %s', async (_, verb, filter, refusal) => {
    const world = await openWithTeams();
    const before = await world.snapshot();
    expect(await refusalLater(world.registry[verb](order(world, filter)))).toEqual(refusal);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('touch nothing of another organization', async () => {
    const world = await openWithTeams();
    const input = { ...order(world, { type: 'passport' }), organizationId: 'org_other' as never };
    expect((await world.registry.revokeMany(input)).ids).toEqual([]);
  });
});
