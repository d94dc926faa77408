import { expect, it } from 'vitest';
import type { Agent } from '../../src/agents/agent.ts';
import type { EstateFinding, FindingId } from '../../src/estate/finding.ts';
import type { ImportedCredential, ImportId } from '../../src/estate/imported-credential.ts';
import type { EstateRule, RuleId } from '../../src/estate/rule.ts';
import { acme, agentNamed, intentNamed, listNumbered, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

const bot = agentNamed('bot');
const cat = agentNamed('cat');
const page = { limit: 10 };

function ruleNamed(name: string, changes: Partial<EstateRule> = {}): EstateRule {
  return {
    ...{ id: `rul_${name}` as RuleId, organizationId: acme.id, name },
    ...{ condition: { tag: 'prod' }, requirement: { owners: 2 } },
    ...{ createdAt: noon(), updatedAt: noon() },
    ...changes,
  };
}

function findingNamed(name: string, changes: Partial<EstateFinding> = {}): EstateFinding {
  return {
    ...{ id: `fnd_${name}` as FindingId, organizationId: acme.id },
    ...{ ruleId: ruleNamed('a').id, agentId: bot.id, state: 'open', detail: 'none' },
    ...{ since: noon(), resolvedAt: null },
    ...changes,
  };
}

function importNamed(name: string, changes: Partial<ImportedCredential> = {}): ImportedCredential {
  return {
    ...{ id: `imp_${name}` as ImportId, organizationId: acme.id, agentId: bot.id },
    ...{ jwt: `jwt ${name}`, sha256: `sha ${name}`, issuer: 'did:web:assessor.example' },
    ...{ types: ['Clearance'], claims: { id: 'x', level: 3 }, reason: 'because' },
    ...{ validFrom: noon(), validUntil: noon(300), state: 'accepted', cause: null },
    ...{ checkedAt: noon(), importedAt: noon() },
    ...changes,
  };
}

export function estateStoresContract(world: WorldSource): void {
  const insertAgents = (...agents: readonly Agent[]) =>
    world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const agent of agents) await stores.agents.insert(agent);
    });
  const takeDue = (at = noon(), limit = 10) =>
    world().work.run(async ({ findings }) => {
      const ids = await findings.takeDue(at, limit);
      await findings.recordDueTimes(ids.map((agentId) => ({ agentId, dueAt: noon(60) })));
      return ids;
    });
  const makeAllDue = () => world().work.run(({ findings }) => findings.makeAllDue(acme.id));

  it('lists a departed owner once, for its organization, until it is taken back', async () => {
    const departed = { owner: 'lead@acme.com', reason: 'HR-88', departedAt: noon() };
    const insert = () => world().work.run(({ owners }) => owners.insertDeparted(acme.id, departed));
    expect([await insert(), await insert()]).toEqual([true, false]);
    expect(await world().readers.owners.listDeparted(acme.id)).toEqual([departed]);
    expect(await world().readers.owners.listDeparted(other.id)).toEqual([]);
    const remove = () =>
      world().work.run(({ owners }) => owners.deleteDeparted(acme.id, departed.owner));
    expect([await remove(), await remove()]).toEqual([true, false]);
  });

  it('trusts an issuer for what was said last', async () => {
    const trusted = { issuer: 'did:web:a.example', credentialTypes: ['A'], createdAt: noon() };
    const put = (credentialTypes: readonly string[], seconds: number) =>
      world().work.run(({ imports }) =>
        imports.putTrusted(acme.id, { ...trusted, credentialTypes, createdAt: noon(seconds) }),
      );
    await put(['A'], 0);
    await put(['B', 'C'], 9);
    const { imports } = world().readers;
    expect(await imports.listTrusted(acme.id)).toEqual([
      { ...trusted, credentialTypes: ['B', 'C'] },
    ]);
    expect(await imports.listTrusted(other.id)).toEqual([]);
    const remove = () =>
      world().work.run((stores) => stores.imports.deleteTrusted(acme.id, trusted.issuer));
    expect([await remove(), await remove()]).toEqual([true, false]);
  });

  it('keeps imports with their octets, the same ones once for an agent', async () => {
    const first = importNamed('1');
    const insert = (imported: ImportedCredential) =>
      world().work.run(({ imports }) => imports.insertImport(imported));
    const twin = importNamed('2', { sha256: first.sha256 });
    const ofCat = importNamed('3', { sha256: first.sha256, agentId: cat.id });
    expect([await insert(first), await insert(twin), await insert(ofCat)]).toEqual([
      ...[true, false, true],
    ]);
    const { imports } = world().readers;
    expect(await imports.findImport(acme.id, first.id)).toEqual(first);
    expect(await imports.findImport(other.id, first.id)).toBeNull();
    expect(await imports.listImports([bot.id])).toEqual([first]);
    await world().work.run((stores) => stores.imports.deleteImport(first.id));
    expect(await imports.listImports([bot.id, cat.id])).toEqual([ofCat]);
  });

  it('finds imports that were not asked about for long and are not over', async () => {
    const [late, later] = [importNamed('1', { checkedAt: noon(-9) }), importNamed('2')];
    const over = importNamed('3', { validUntil: noon(1) });
    for (const one of [later, late, over]) {
      await world().work.run(({ imports }) => imports.insertImport(one));
    }
    const { imports } = world().readers;
    const order = { before: noon(1), at: noon(1) };
    expect(await imports.listUnchecked(order, 9)).toEqual([late, later]);
    expect(await imports.listUnchecked({ ...order, before: noon() }, 9)).toEqual([late]);
    const found = { state: 'undetermined', cause: 'status-stale', at: noon(2) } as const;
    await world().work.run((stores) => stores.imports.recordCheck(late.id, found));
    const checked = { state: found.state, cause: found.cause, checkedAt: found.at };
    expect(await imports.findImport(acme.id, late.id)).toEqual({ ...late, ...checked });
    const reject = () =>
      world().work.run((stores) =>
        stores.imports.rejectFrom(acme.id, { issuer: late.issuer, cause: 'x', at: noon(3) }),
      );
    expect((await reject()).map(({ id, state }) => [id, state]).sort()).toEqual([
      [late.id, 'rejected'],
      [later.id, 'rejected'],
      [over.id, 'rejected'],
    ]);
    expect(await reject()).toEqual([]);
  });

  it('keeps rules by name', async () => {
    const rule = ruleNamed('a');
    const put = (one: EstateRule) => world().work.run(({ rules }) => rules.putRule(one));
    await put(rule);
    const changed = { ...rule, requirement: { owners: 3 }, updatedAt: noon(5) };
    await put(changed);
    const { rules } = world().readers;
    expect(await rules.listRules([acme.id, other.id])).toEqual([changed]);
    expect(await rules.findRule(other.id, rule.id)).toBeNull();
    await expect(put(ruleNamed('b', { name: 'a' }))).rejects.toMatchObject({
      code: 'rule-name-taken',
    });
    await put(ruleNamed('c', { name: 'a', organizationId: other.id }));
    await world().work.run((stores) => stores.rules.deleteRule(rule.id));
    expect(await rules.findRule(acme.id, rule.id)).toBeNull();
  });

  it('lists findings by state, rule and agent, and counts the open ones of every rule', async () => {
    const [open, ofCat] = [findingNamed('1'), findingNamed('2', { agentId: cat.id })];
    const resolved = findingNamed('3', { state: 'resolved', resolvedAt: noon(1) });
    await world().work.run(async ({ rules, findings }) => {
      await rules.putRule(ruleNamed('a'));
      await rules.putRule(ruleNamed('b'));
      await findings.insertFindings([open, ofCat, resolved]);
    });
    const { findings } = world().readers;
    const organizationId = acme.id;
    expect(await findings.listFindings({ organizationId }, page)).toEqual([open, ofCat, resolved]);
    const after = { limit: 1, after: open.id };
    expect(await findings.listFindings({ organizationId, state: 'open' }, after)).toEqual([ofCat]);
    expect(await findings.listFindings({ organizationId, agentId: cat.id }, page)).toEqual([ofCat]);
    const ruleId = ruleNamed('b').id;
    expect(await findings.listFindings({ organizationId, ruleId }, page)).toEqual([]);
    expect(await findings.listFindings({ organizationId: other.id }, page)).toEqual([]);
    expect(await findings.countOpen()).toEqual([
      { ruleId: open.ruleId, open: 2 },
      { ruleId, open: 0 },
    ]);
    await world().work.run(async (stores) => {
      await stores.findings.updateDetail(ofCat.id, 'more');
      await stores.findings.resolve([open.id, resolved.id], noon(9));
    });
    expect(await findings.listFindings({ organizationId }, page)).toEqual([
      { ...open, state: 'resolved', resolvedAt: noon(9) },
      { ...ofCat, detail: 'more' },
      resolved,
    ]);
    await world().work.run((stores) => stores.findings.resolveAllOf(open.ruleId, noon(10)));
    expect(await findings.listFindings({ organizationId, state: 'open' }, page)).toEqual([]);
  });

  it('judges nobody before there is a rule, then everybody once, then who changed', async () => {
    await insertAgents(bot, cat, agentNamed('dog', { organizationId: other.id }));
    expect(await takeDue()).toEqual([]);
    await makeAllDue();
    expect(await takeDue(noon(), 1)).toEqual([bot.id]);
    expect(await takeDue()).toEqual([cat.id]);
    expect(await takeDue()).toEqual([]);
    await world().work.run(({ agents }) => agents.reviseAll([cat.id]));
    expect(await takeDue()).toEqual([cat.id]);
    await world().work.run(({ agents }) => agents.markPublished([{ id: cat.id, revision: 1 }]));
    expect(await takeDue()).toEqual([cat.id]);
    await makeAllDue();
    expect(await takeDue()).toEqual([bot.id, cat.id]);
    expect(await takeDue(noon(59))).toEqual([]);
    expect(await takeDue(noon(60))).toEqual([bot.id, cat.id]);
    await world().work.run(({ findings }) => findings.makeDue(bot.id, noon()));
    expect(await takeDue()).toEqual([bot.id]);
  });

  it('judges again what was not written down', async () => {
    await insertAgents(bot);
    await makeAllDue();
    const lost = world().work.run(async ({ findings }) => {
      expect(await findings.takeDue(noon(), 10)).toEqual([bot.id]);
      throw new Error('no');
    });
    await expect(lost).rejects.toThrow('no');
    expect(await takeDue()).toEqual([bot.id]);
  });

  it('keeps the latest sightings of agents, and of nobody else', async () => {
    await insertAgents(bot, cat);
    const { clientId } = bot;
    const record = (seconds: number) =>
      world().work.run(async ({ sightings }) => {
        const stranger = { clientId: 'https://x.example/client.json', at: noon() };
        await sightings.recordFetches([{ clientId, at: noon(seconds) }, stranger]);
        await sightings.recordVerifications([]);
      });
    await record(5);
    await record(3);
    const { sightings } = world().readers;
    const fetched = { agentId: bot.id, fetchedOn: noon(5), verifiedAt: null };
    expect(await sightings.listSightings([bot.id, cat.id])).toEqual([fetched]);
    await world().work.run((stores) =>
      stores.sightings.recordVerifications([{ clientId, at: noon(9) }]),
    );
    const verified = { ...fetched, verifiedAt: noon(9) };
    expect(await sightings.listSightings([bot.id])).toEqual([verified]);
  });

  it('lists who may be neglected: by owners, by ends, by sightings', async () => {
    const [dog, eel] = [
      agentNamed('dog', { owners: ['x@acme.com', 'Lead@Acme.com'] }),
      agentNamed('eel', { expiresAt: noon(50) }),
    ];
    const gone = agentNamed('fox', { state: 'retired', owners: dog.owners });
    await insertAgents(bot, cat, dog, eel, gone);
    const facet = intentNamed('1', 0, {
      ...{ type: 'compliance', agentId: cat.id, validUntil: noon(40) },
    });
    await world().work.run(async (stores) => {
      await stores.status.insertList(listNumbered(1));
      await stores.status.insertEntries([{ ...facet.status, holder: facet.id }]);
      await stores.credentials.insertIntents([facet]);
      await stores.credentials.sealAll([{ id: facet.id, jwt: 'x' }]);
      const departed = { owner: 'lead@acme.com', reason: 'x', departedAt: noon() };
      await stores.owners.insertDeparted(acme.id, departed);
      await stores.sightings.recordVerifications([{ clientId: bot.clientId, at: noon(5) }]);
    });
    const none = { organizationId: acme.id, departed: false, endsBefore: null, unseenSince: null };
    const list = (filter: object, request: { limit: number; after?: string } = page) =>
      world().readers.sightings.listNeglected({ ...none, at: noon(), ...filter }, request);
    expect(await list({})).toEqual([]);
    expect(await list({ departed: true })).toEqual([dog.id]);
    expect(await list({ departed: true, organizationId: other.id })).toEqual([]);
    expect(await list({ endsBefore: noon(51) })).toEqual([cat.id, eel.id]);
    expect(await list({ endsBefore: noon(51), at: noon(45) })).toEqual([eel.id]);
    expect(await list({ endsBefore: noon(40) })).toEqual([]);
    expect(await list({ unseenSince: noon(5) })).toEqual([cat.id, dog.id, eel.id]);
    expect(await list({ unseenSince: noon(6) })).toEqual([bot.id, cat.id, dog.id, eel.id]);
    expect(await list({ unseenSince: noon() })).toEqual([]);
    const all = { departed: true, endsBefore: noon(51), unseenSince: noon(6) };
    expect(await list(all, { limit: 2, after: bot.id })).toEqual([cat.id, dog.id]);
  });
}
