import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { AgentId } from '../../src/agents/agent.ts';
import type { Enrolment, EnrolmentId, EnrolmentRequest } from '../../src/enrolments/enrolment.ts';
import type { Template, TemplateId } from '../../src/enrolments/template.ts';
import { acme, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

function enrolmentNamed(name: string, changes: Partial<Enrolment> = {}): Enrolment {
  return {
    id: `enr_${name}` as EnrolmentId,
    organizationId: acme.id,
    state: 'open',
    tokenHash: createHash('sha256').update(name).digest('hex'),
    handle: null,
    template: null,
    needsApproval: false,
    order: { kind: 'agent', owners: ['owner@acme.example'], tags: ['a'], credentials: [] },
    request: null,
    agentId: null,
    reason: null,
    createdAt: noon(),
    expiresAt: noon(60),
    ...changes,
  };
}

const request: EnrolmentRequest = {
  handle: 'bot',
  name: 'Bot',
  jwk: { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' },
  thumbprint: 'dGh1bWI',
  at: noon(1),
};

function templateNamed(name: string, changes: Partial<Template> = {}): Template {
  return {
    id: `tpl_${name}` as TemplateId,
    organizationId: acme.id,
    name,
    kind: null,
    defaults: { owners: ['owner@acme.example'], expiresIn: 'P1Y' },
    credentials: [{ type: 'compliance', claims: { b: [1, null], a: 'ä' }, reason: 'because' }],
    approval: true,
    createdAt: noon(),
    updatedAt: noon(),
    ...changes,
  };
}

async function addOrganizations(world: WorldSource): Promise<void> {
  await world().work.run(async ({ organizations }) => {
    await organizations.insert(acme);
    await organizations.insert(other);
  });
}

export function enrolmentStoreContract(world: WorldSource): void {
  async function insert(...enrolments: readonly Enrolment[]): Promise<void> {
    await addOrganizations(world);
    await world().work.run(async (stores) => {
      for (const one of enrolments) await stores.enrolments.insert(one);
    });
  }

  it('finds an enrolment by its id, in its organization, and by the hash of its token', async () => {
    const first = enrolmentNamed('first', { handle: 'bot', template: 'ci', request });
    await insert(first);
    const { enrolments } = world().readers;
    expect(await enrolments.find(acme.id, first.id)).toEqual(first);
    expect(await enrolments.find(other.id, first.id)).toBeNull();
    expect(await enrolments.findByHash(first.tokenHash)).toEqual(first);
    expect(await enrolments.findByHash('0'.repeat(64))).toBeNull();
  });

  it('records how far an enrolment came, and nothing else', async () => {
    const first = enrolmentNamed('first');
    await insert(first);
    const agentId = 'agt_bot' as AgentId;
    const progress = { state: 'rejected', request, agentId, reason: 'not ours' } as const;
    await world().work.run(async ({ enrolments }) => {
      const locked = await enrolments.lock(first.id);
      expect(locked).toEqual(first);
      await enrolments.update({ ...first, ...progress, handle: 'other', expiresAt: noon(999) });
    });
    expect(await world().readers.enrolments.find(acme.id, first.id)).toEqual({
      ...first,
      ...progress,
    });
  });

  it('locks nothing where there is nothing', async () => {
    await insert();
    const locked = await world().work.run(({ enrolments }) =>
      enrolments.lock('enr_none' as EnrolmentId),
    );
    expect(locked).toBeNull();
  });

  it('lists by state, and tells the expired by the moment', async () => {
    const open = enrolmentNamed('a');
    const past = enrolmentNamed('b', { expiresAt: noon(-1) });
    const waiting = enrolmentNamed('c', { state: 'awaiting-approval', request });
    const late = enrolmentNamed('d', { state: 'awaiting-approval', request, expiresAt: noon() });
    const done = enrolmentNamed('e', { state: 'enrolled', request, expiresAt: noon(-9) });
    const foreign = enrolmentNamed('f', { organizationId: other.id });
    await insert(open, past, waiting, late, done, foreign);
    const { enrolments } = world().readers;
    const list = (state?: 'open' | 'expired' | 'awaiting-approval' | 'enrolled') =>
      enrolments.list(
        { organizationId: acme.id, at: noon(), ...(state === undefined ? {} : { state }) },
        { limit: 10 },
      );
    expect(await list()).toEqual([open, past, waiting, late, done]);
    expect(await list('open')).toEqual([open]);
    expect(await list('expired')).toEqual([past, late]);
    expect(await list('awaiting-approval')).toEqual([waiting]);
    expect(await list('enrolled')).toEqual([done]);
    const filter = { organizationId: acme.id, at: noon() };
    expect(await enrolments.list(filter, { limit: 2, after: open.id })).toEqual([past, waiting]);
  });
}

export function templateStoreContract(world: WorldSource): void {
  async function insert(...templates: readonly Template[]): Promise<void> {
    await addOrganizations(world);
    await world().work.run(async (stores) => {
      for (const one of templates) await stores.templates.insert(one);
    });
  }

  it('finds a template by its name, in its organization', async () => {
    const first = templateNamed('ci');
    await insert(first);
    expect(await world().readers.templates.findByName(acme.id, 'ci')).toEqual(first);
    expect(await world().readers.templates.findByName(other.id, 'ci')).toBeNull();
    expect(await world().readers.templates.findByName(acme.id, 'cd')).toBeNull();
  });

  it('refuses a second template of a name, but for another organization', async () => {
    await insert(templateNamed('ci'));
    const twin = templateNamed('ci', { id: 'tpl_twin' as TemplateId });
    await expect(world().work.run(({ templates }) => templates.insert(twin))).rejects.toMatchObject(
      { code: 'template-name-taken' },
    );
    const foreign = { ...twin, organizationId: other.id };
    await world().work.run(({ templates }) => templates.insert(foreign));
    expect(await world().readers.templates.findByName(other.id, 'ci')).toEqual(foreign);
  });

  it('changes the content, and neither name nor age', async () => {
    const first = templateNamed('ci');
    await insert(first);
    const content = {
      kind: 'mcp-server',
      defaults: {},
      credentials: [],
      approval: false,
      updatedAt: noon(5),
    } as const;
    await world().work.run(async ({ templates }) => {
      expect(await templates.lockByName(acme.id, 'ci')).toEqual(first);
      await templates.update({ ...first, ...content, createdAt: noon(9) });
    });
    const changed = { ...first, ...content };
    expect(await world().readers.templates.findByName(acme.id, 'ci')).toEqual(changed);
  });

  it('lists by id, and forgets what is deleted', async () => {
    const [one, two, three] = ['a', 'b', 'c'].map((name) => templateNamed(name));
    await insert(...[one, two, three].flatMap((template) => template ?? []));
    const { templates } = world().readers;
    expect(await templates.list(acme.id, { limit: 2 })).toEqual([one, two]);
    expect(await templates.list(acme.id, { limit: 2, after: 'tpl_b' })).toEqual([three]);
    await world().work.run((stores) => stores.templates.delete('tpl_a' as TemplateId));
    expect(await templates.list(acme.id, { limit: 9 })).toEqual([two, three]);
    expect(await templates.findByName(acme.id, 'a')).toBeNull();
  });
}
