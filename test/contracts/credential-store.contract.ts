import { describe, expect, it } from 'vitest';
import type { CredentialRecord, CredentialState } from '../../src/credentials/credential.ts';
import type { CredentialFilter } from '../../src/credentials/credential-store.ts';
import type { StatusChange } from '../../src/status/status-store.ts';
import { acme, agentNamed, intentNamed, listNumbered, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

const bot = agentNamed('bot');
const nobody = { revokedAt: null, suspendedAt: null, agentSuspendedAt: null, renewedBy: null };

export function credentialStoreContract(world: WorldSource): void {
  async function insert(...records: readonly CredentialRecord[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const handle of ['bot', 'cat']) await stores.agents.insert(agentNamed(handle));
      await stores.status.insertList(listNumbered(1));
      await stores.status.insertEntries(
        records.map(({ id, status }) => ({ ...status, holder: id })),
      );
      await stores.credentials.insertIntents(records);
    });
  }

  const seal = (...records: readonly CredentialRecord[]) =>
    world().work.run(({ credentials }) =>
      credentials.sealAll(records.map(({ id }) => ({ id, jwt: `jwt of ${id}` }))),
    );
  const change = (record: CredentialRecord, order: StatusChange) =>
    world().work.run(({ status }) => status.change([record.id], order));
  const find = (record: CredentialRecord) => world().readers.credentials.find(acme.id, record.id);

  it('gives back what was recorded, character for character', async () => {
    const first = intentNamed('1', 0, { reason: 'line\nfeed, "quotes", {braces}, \\ and NULL' });
    const second = intentNamed('2', 5, { type: 'compliance', visibility: 'on-request' });
    await insert(first, second);
    expect(await find(first)).toEqual({ ...first, ...nobody });
    expect(await find(second)).toEqual({ ...second, ...nobody });
    expect(await world().readers.credentials.find(other.id, first.id)).toBeNull();
  });

  it('seals intents, all or none', async () => {
    const [first, second] = [intentNamed('1', 0), intentNamed('2', 1)];
    await insert(first, second);
    await seal(first);
    await expect(seal(second, first)).rejects.toMatchObject({ code: 'credential-wrong-state' });
    expect(await find(first)).toEqual({
      ...first,
      ...nobody,
      jwt: 'jwt of crd_1',
      sealing: 'sealed',
    });
    expect(await find(second)).toEqual({ ...second, ...nobody });
    await seal();
  });

  it('abandons intents and nothing that is sealed', async () => {
    const [first, second] = [intentNamed('1', 0), intentNamed('2', 1)];
    await insert(first, second);
    await seal(first);
    await world().work.run(({ credentials }) => credentials.abandonAll([first.id, second.id]));
    expect((await find(first))?.sealing).toBe('sealed');
    expect((await find(second))?.sealing).toBe('abandoned');
    await expect(seal(second)).rejects.toMatchObject({ code: 'credential-wrong-state' });
  });

  it('knows until when what a key signs is valid, and what of it stands', async () => {
    const other = 'key_other' as CredentialRecord['keyId'];
    const [first, second, third, late, apart] = [
      intentNamed('1', 0, { validUntil: noon(100) }),
      intentNamed('2', 1, { validUntil: noon(300) }),
      intentNamed('3', 2, { validUntil: noon(200) }),
      intentNamed('4', 3, { validUntil: noon(900) }),
      intentNamed('5', 4, { validUntil: noon(990), keyId: other }),
    ];
    await insert(first, second, third, late, apart);
    await seal(first, second);
    await change(second, { revokedAt: noon(3) });
    await world().work.run(({ credentials }) => credentials.abandonAll([late.id]));
    const { credentials } = world().readers;
    expect(await credentials.findLastEnd(first.keyId)).toEqual(noon(300));
    expect(await credentials.findLastEnd('key_none' as typeof other)).toBeNull();
    const standing = async (at: Date, limit = 10) =>
      (await credentials.listStanding(first.keyId, at, limit)).map(({ id }) => id);
    expect(await standing(noon(0))).toEqual([first.id, third.id]);
    expect(await standing(noon(100))).toEqual([third.id]);
    expect(await standing(noon(0), 1)).toEqual([first.id]);
  });

  describe('agents that lost something with a key', () => {
    const since = noon(50);
    const next = 'key_next' as CredentialRecord['keyId'];
    const cat = agentNamed('cat');
    const lost = intentNamed('1', 0, { type: 'compliance', validUntil: noon(900) });
    const passport = intentNamed('2', 1, { type: 'passport', validUntil: noon(900) });
    const bereft = (at = noon(60)) =>
      world().readers.credentials.listBereft({ id: lost.keyId, revokedAt: since }, at, 10);
    const anew = (of: CredentialRecord, changes: Partial<CredentialRecord> = {}) =>
      intentNamed('9', 9, {
        ...{ type: of.type, claims: of.claims, visibility: of.visibility, validUntil: noon(900) },
        ...{ keyId: next, createdAt: noon(55), ...changes },
      });

    async function lose(record: CredentialRecord, ...others: readonly CredentialRecord[]) {
      await insert(record, ...others);
      await seal(record);
      await change(record, { revokedAt: since });
    }

    it('are those to whom it was not issued anew', async () => {
      await lose(lost, intentNamed('3', 3, { agentId: cat.id }));
      expect(await bereft()).toEqual([bot.id]);
      expect(await bereft(noon(900))).toEqual([]);
    });

    it.each([
      ['an intent with the same claims', lost, {}],
      ['another passport, whatever it says', passport, { claims: { other: true } }],
    ])('are not those that have %s', async (_name, record, changes) => {
      await lose(record, anew(record, changes));
      expect(await bereft()).toEqual([]);
      await world().work.run(({ credentials }) => credentials.abandonAll([anew(record).id]));
      expect(await bereft()).toEqual([bot.id]);
    });

    it.each([
      ['with other claims', { claims: { other: true } }],
      ['for other eyes', { visibility: 'on-request' as const }],
      ['of another type', { type: 'provenance' as const }],
      ['from before', { createdAt: noon(49) }],
      ['under the same key', { keyId: lost.keyId }],
      ['of another agent', { agentId: cat.id }],
    ])('are those that have one %s', async (_name, changes) => {
      await lose(
        { ...lost, visibility: 'public' },
        anew({ ...lost, visibility: 'public' }, changes),
      );
      expect(await bereft()).toEqual([bot.id]);
    });

    it('are not those that lost it at another time, or had it suspended', async () => {
      await lose(lost);
      const { id, keyId } = lost;
      const before = { id: keyId, revokedAt: noon(51) };
      expect(await world().readers.credentials.listBereft(before, noon(60), 10)).toEqual([]);
      await change(lost, { suspendedAt: noon(40) });
      expect(id).toBe('crd_1');
      expect(await bereft()).toEqual([]);
    });

    it.each(['pending', 'suspended', 'retired'] as const)('are not %s', async (state) => {
      await lose(lost);
      await world().work.run(({ agents }) => agents.updateState(bot.id, state, noon(55)));
      expect(await bereft()).toEqual([]);
    });
  });

  it('carries the state of the status entry, and of two revocations the first', async () => {
    const record = intentNamed('1', 0);
    await insert(record);
    await change(record, { suspendedAt: noon(1) });
    await change(record, { agentSuspendedAt: noon(2) });
    await change(record, { revokedAt: noon(3) });
    await change(record, { revokedAt: noon(4) });
    expect(await find(record)).toEqual({
      ...record,
      revokedAt: noon(3),
      suspendedAt: noon(1),
      agentSuspendedAt: noon(2),
      renewedBy: null,
    });
  });

  it.each<[CredentialState, readonly string[]]>([
    ['intended', ['crd_intended']],
    ['abandoned', ['crd_abandoned']],
    ['active', ['crd_active']],
    ['suspended', ['crd_agent-suspended', 'crd_suspended']],
    ['revoked', ['crd_revoked', 'crd_revoked-late']],
    ['expired', ['crd_expired', 'crd_expired-suspended']],
  ])('lists those in state %s', async (state, ids) => {
    const late = { validUntil: noon(10) };
    const named = {
      intended: intentNamed('intended', 0),
      abandoned: intentNamed('abandoned', 1),
      active: intentNamed('active', 2),
      suspended: intentNamed('suspended', 3),
      agentSuspended: intentNamed('agent-suspended', 4),
      revoked: intentNamed('revoked', 5),
      revokedLate: intentNamed('revoked-late', 6, late),
      expired: intentNamed('expired', 7, late),
      expiredSuspended: intentNamed('expired-suspended', 8, late),
    };
    const { intended, abandoned, ...sealed } = named;
    await insert(...Object.values(named));
    await seal(...Object.values(sealed));
    await world().work.run(({ credentials }) => credentials.abandonAll([abandoned.id]));
    await change(named.suspended, { suspendedAt: noon(1) });
    await change(named.expiredSuspended, { suspendedAt: noon(1) });
    await change(named.agentSuspended, { agentSuspendedAt: noon(1) });
    await change(named.revoked, { revokedAt: noon(1) });
    await change(named.revokedLate, { revokedAt: noon(1) });
    const filter = { organizationId: acme.id, at: noon(10), state };
    const found = await world().readers.credentials.list(filter, { limit: 20 });
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found).not.toContainEqual(intended);
  });

  it.each<[string, Partial<CredentialFilter>, readonly string[]]>([
    ['no condition', {}, ['crd_1', 'crd_2', 'crd_3']],
    ['agent', { agentId: agentNamed('cat').id }, ['crd_3']],
    ['type', { type: 'compliance' }, ['crd_2']],
    ['end of validity', { expiresBefore: noon(100) }, ['crd_2']],
    ['the reach of one agent', { reach: { team: null, agentId: 'agt_cat' } }, ['crd_3']],
    ['the reach of a team', { reach: { team: 'payments', agentId: null } }, []],
    ['another organization', { organizationId: other.id }, []],
  ])('lists by %s', async (_, filter, ids) => {
    await insert(
      intentNamed('1', 0, { validUntil: noon(100) }),
      intentNamed('2', 1, { type: 'compliance', validUntil: noon(99) }),
      intentNamed('3', 2, { agentId: agentNamed('cat').id }),
    );
    const whole = { organizationId: acme.id, at: noon(), ...filter };
    const found = await world().readers.credentials.list(whole, { limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(ids);
  });

  it('lists in pages', async () => {
    await insert(intentNamed('3', 0), intentNamed('1', 1), intentNamed('2', 2));
    const list = async (after?: string) => {
      const filter = { organizationId: acme.id, at: noon() };
      const found = await world().readers.credentials.list(filter, { limit: 2, after });
      return found.map(({ id }) => id);
    };
    expect(await list()).toEqual(['crd_1', 'crd_2']);
    expect(await list('crd_2')).toEqual(['crd_3']);
  });

  it('lists what is neither abandoned nor expired of some agents, whatever its status', async () => {
    const revoked = intentNamed('revoked', 0);
    const abandoned = intentNamed('abandoned', 4);
    const ended = intentNamed('ended', 1, { validUntil: noon(10) });
    const foreign = intentNamed('foreign', 2, { agentId: agentNamed('cat').id });
    await insert(revoked, ended, foreign, intentNamed('intended', 3), abandoned);
    await seal(revoked, ended, foreign);
    await change(revoked, { revokedAt: noon(1) });
    await world().work.run(({ credentials }) => credentials.abandonAll([abandoned.id]));
    const listed = await world().readers.credentials.listUnexpired([bot.id], noon(10));
    expect(listed.map(({ id }) => id)).toEqual(['crd_intended', 'crd_revoked']);
    expect(await world().readers.credentials.listUnexpired([], noon())).toEqual([]);
  });

  it('lists intents that were recorded before a moment and never sealed', async () => {
    const [sealed, old] = [intentNamed('sealed', 0), intentNamed('old', 1)];
    await insert(sealed, old, intentNamed('new', 2, { createdAt: noon(10) }));
    await seal(sealed);
    const listed = await world().readers.credentials.listUnsealed(noon(10), 5);
    expect(listed).toEqual([{ ...old, ...nobody }]);
  });

  it('finds an agent due once two thirds of its newest passport have passed', async () => {
    const passport = intentNamed('1', 0);
    await insert(passport);
    const due = (seconds: number) => world().readers.credentials.listAgentsDue(noon(seconds), 5);
    expect(await due(201)).toEqual([]);
    await seal(passport);
    expect(await due(199)).toEqual([]);
    expect(await due(201)).toEqual([bot.id]);
    expect(await due(5_000)).toEqual([bot.id]);
    await world().work.run(({ agents }) => agents.updateState(bot.id, 'suspended', noon()));
    expect(await due(201)).toEqual([]);
  });

  it('goes by the newest passport that is sealed and not revoked', async () => {
    const old = intentNamed('z-old', 0);
    const renewed = intentNamed('renewed', 1, { validUntil: noon(600), createdAt: noon(1) });
    const facet = intentNamed('facet', 2, { type: 'provenance', createdAt: noon(2) });
    const intent = intentNamed('intent', 3, { validUntil: noon(900), createdAt: noon(3) });
    await insert(old, renewed, facet, intent);
    await seal(old, renewed, facet);
    const due = (seconds: number) => world().readers.credentials.listAgentsDue(noon(seconds), 5);
    expect(await due(201)).toEqual([]);
    expect(await due(399)).toEqual([]);
    expect(await due(401)).toEqual([bot.id]);
    await change(renewed, { revokedAt: noon(1) });
    expect(await due(399)).toEqual([]);
    expect(await due(401)).toEqual([bot.id]);
    await change(old, { revokedAt: noon(1) });
    expect(await due(401)).toEqual([]);
  });

  describe('facets that are due', () => {
    const life = { type: 'provenance', renewsForS: 300 } as const;
    const due = async (seconds: number, lapsed = -1_000) => {
      const order = { lapsedBefore: noon(lapsed), limit: 5 };
      const listed = await world().readers.credentials.listFacetsDue(noon(seconds), order);
      return listed.map(({ id }) => id);
    };

    it('are past two thirds of their life, and not lapsed', async () => {
      const [facet, short] = [intentNamed('1', 0, life), intentNamed('2', 1, life)];
      const early = { ...short, validUntil: noon(200) };
      await insert(facet, early, intentNamed('3', 2, life), intentNamed('4', 3));
      await seal(facet, early);
      expect(await due(133)).toEqual([]);
      expect(await due(199)).toEqual([early.id]);
      expect(await due(201)).toEqual([early.id, facet.id]);
      expect(await due(5_000)).toEqual([early.id, facet.id]);
      expect(await due(5_000, 200)).toEqual([facet.id]);
    });

    it('are not those that run out, or that something renewed', async () => {
      const former = intentNamed('1', 0, life);
      const renewal = intentNamed('2', 1, { ...life, renewalOf: former.id, series: former.id });
      const ending = intentNamed('3', 2, { type: 'provenance' });
      await insert(former, renewal, ending);
      await seal(former, ending);
      expect(await due(201)).toEqual([]);
      expect(await find(former)).toMatchObject({ renewedBy: renewal.id });
      await world().work.run(({ credentials }) => credentials.abandonAll([renewal.id]));
      expect(await find(former)).toMatchObject({ renewedBy: null });
      expect(await due(201)).toEqual([former.id]);
    });

    it('are not those whose renewal is sealed, nor come back when that is revoked', async () => {
      const former = intentNamed('1', 0, life);
      const long = { ...life, validUntil: noon(900) };
      const renewal = intentNamed('2', 1, { ...long, renewalOf: former.id, series: former.id });
      await insert(former, renewal);
      await seal(former);
      await seal(renewal);
      expect(await due(201)).toEqual([]);
      expect(await due(601)).toEqual([renewal.id]);
      await change(renewal, { revokedAt: noon(1) });
      expect(await due(601)).toEqual([]);
    });

    it.each<[string, StatusChange]>([
      ['revoked', { revokedAt: noon(1) }],
      ['suspended', { suspendedAt: noon(1) }],
      ['suspended with their agent', { agentSuspendedAt: noon(1) }],
    ])('are not those that are %s', async (_, order) => {
      const facet = intentNamed('1', 0, life);
      await insert(facet);
      await seal(facet);
      await change(facet, order);
      expect(await due(201)).toEqual([]);
    });

    it('are those of active agents that go on', async () => {
      const facet = intentNamed('1', 0, life);
      await insert(facet);
      await seal(facet);
      const ending = (expiresAt: Date) =>
        world().work.run(({ agents }) =>
          agents.updateProfile(bot.id, { ...bot, expiresAt }, noon()),
        );
      await ending(new Date(noon(300).getTime() + 500));
      expect(await due(201)).toEqual([]);
      await ending(noon(302));
      expect(await due(201)).toEqual([facet.id]);
      expect(await due(302)).toEqual([]);
      await ending(noon(900));
      await world().work.run(({ agents }) => agents.updateState(bot.id, 'suspended', noon()));
      expect(await due(201)).toEqual([]);
    });
  });

  it('puts the agent whose passport ends first in front', async () => {
    const cat = agentNamed('cat').id;
    const first = intentNamed('1', 0);
    const second = intentNamed('2', 1, { agentId: cat, validUntil: noon(200) });
    await insert(first, second);
    await seal(first, second);
    expect(await world().readers.credentials.listAgentsDue(noon(500), 5)).toEqual([cat, bot.id]);
    expect(await world().readers.credentials.listAgentsDue(noon(500), 1)).toEqual([cat]);
  });

  it('lists what is owed by turns, so that no organization keeps another waiting', async () => {
    const far = agentNamed('far', { organizationId: other.id });
    const foreign = { organizationId: other.id, agentId: far.id, validUntil: noon(400) };
    const cat = { agentId: agentNamed('cat').id };
    const facet = { type: 'compliance', renewsForS: 300 } as const;
    const passports = [intentNamed('1', 0), intentNamed('2', 1, cat), intentNamed('9', 2, foreign)];
    const facets = [
      ...[intentNamed('3', 3, facet), intentNamed('4', 4, facet)],
      intentNamed('8', 5, { ...facet, ...foreign }),
    ];
    await insert();
    await world().work.run(async (stores) => {
      await stores.agents.insert(far);
      const records = [...passports, ...facets];
      const entries = records.map(({ id, status }) => ({ ...status, holder: id }));
      await stores.status.insertEntries(entries);
      await stores.credentials.insertIntents(records);
    });
    const { credentials } = world().readers;
    const idsOf = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id);
    expect(idsOf(await credentials.listUnsealed(noon(10), 3))).toEqual(['crd_1', 'crd_8', 'crd_2']);
    await seal(...passports, ...facets);
    expect(await credentials.listAgentsDue(noon(290), 2)).toEqual([bot.id, far.id]);
    const order = { lapsedBefore: noon(), limit: 2 };
    expect(idsOf(await credentials.listFacetsDue(noon(290), order))).toEqual(['crd_3', 'crd_8']);
  });
}
