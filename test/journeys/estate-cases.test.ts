import { describe, expect, it } from 'vitest';
import type { EstateFinding } from '../../src/estate/finding.ts';
import type { RuleDraft } from '../../src/estate/keep-rule.ts';
import { asJson, built, certified } from '../credentials/made-claims.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const dayMs = 86_400_000;
const page = { limit: 100 };

async function openWithAgent() {
  const world = await openRegistryWorld();
  await world.enrol('billing-bot', { owners: ['Lead@acme.com', 'second@acme.com'] });
  const { registry, caller, judge } = world;
  const { organizationId } = caller;
  const add = (draft: Partial<RuleDraft>) =>
    registry.addRule({
      ...caller,
      draft: { name: 'rule', condition: {}, requirement: { owners: 3 }, ...draft },
    });
  const findings = async (): Promise<readonly EstateFinding[]> => {
    await judge();
    return registry.listFindings({ organizationId }, page);
  };
  /** The details of what is open now. */
  const open = async () =>
    (await findings()).filter(({ state }) => state === 'open').map(({ detail }) => detail);
  const neglected = async (kind?: 'orphan' | 'not-verified') => {
    const question = { organizationId, kind, expiringWithinDays: 14, unverifiedForDays: 30 };
    const found = await registry.findOrphans(question, page);
    return found.flatMap(({ agent, signs }) => signs.map((sign) => [agent.handle, sign.kind]));
  };
  const depart = (owner: string) =>
    registry.markOwnerDeparted({ ...caller, owner, reason: 'HR-88' });
  return { world, add, findings, open, neglected, depart };
}

describe('a rule', () => {
  it('finds agents that do not meet it, once, and says so when they do', async () => {
    const { world, add, findings } = await openWithAgent();
    const rule = await add({ requirement: { owners: 3 } });
    const [finding, ...others] = await findings();
    expect(others).toEqual([]);
    const agentId = (await world.agent('billing-bot')).id;
    const since = world.clock.now();
    expect(finding).toMatchObject({ ruleId: rule.id, agentId, state: 'open', since });
    expect(finding).toMatchObject({ detail: '2 of 3 owners', resolvedAt: null });
    world.clock.moveBy(60_000);
    expect(await findings()).toEqual([finding]);

    const owners = ['a@acme.com', 'b@acme.com', 'c@acme.com'];
    const changes = { owners };
    await world.registry.updateAgent({ ...world.caller, handle: 'billing-bot', changes });
    const resolvedAt = world.clock.now();
    expect(await findings()).toEqual([{ ...finding, state: 'resolved', resolvedAt }]);
  });

  it('changes nothing but findings', async () => {
    const { world, add } = await openWithAgent();
    await add({ requirement: { importedFrom: 'did:web:assessor.example' } });
    const before = await world.snapshot();
    await world.judge();
    expect(await world.snapshot()).toEqual(before);
  });

  it('is about agents that may do what it names, now', async () => {
    const { world, add, open } = await openWithAgent();
    await add({ condition: { action: 'read', resource: 'logs/*' } });
    expect(await open()).toEqual([]);
    const claims = { actions: [{ action: 'read', resource: 'logs/production' }] };
    const { id } = await world.issue('billing-bot', { claims });
    expect(await open()).toEqual(['2 of 3 owners']);
    const change = { ...world.caller, id, reason: 'INC-7' };
    await world.registry.suspendCredential(change);
    expect(await open()).toEqual([]);
    await world.registry.resumeCredential(change);
    expect(await open()).toEqual(['2 of 3 owners']);
    const denied = [{ action: 'read', resource: 'logs/production' }];
    const other = { actions: [{ action: 'read', resource: 'log' }], denied };
    await world.issue('billing-bot', { claims: other });
    expect(await open()).toEqual([]);
  });

  it.each([
    [{ kind: 'mcp-server' }, 0],
    [{ kind: 'agent' }, 1],
    [{ team: 'payments' }, 1],
    [{ team: 'other' }, 0],
    [{ tag: 'prod' }, 1],
    [{ tag: 'prod', kind: 'mcp-client' }, 0],
    [{ resource: 'logs' }, 0],
  ] as const)('with %j is about %i of one', async (condition, count) => {
    const { world, add, open } = await openWithAgent();
    const changes = { team: 'payments', tags: ['prod'] };
    await world.registry.updateAgent({ ...world.caller, handle: 'billing-bot', changes });
    await add({ condition });
    expect(await open()).toHaveLength(count);
  });

  it('is met by a conformant attestation in force, and no longer once that ends', async () => {
    const { world, add, open } = await openWithAgent();
    const standard = certified.attestations[0]?.edition ?? '';
    await add({ requirement: { attestation: { standard } } });
    const missing = [`no conformant attestation of ${standard}`];
    expect(await open()).toEqual(missing);
    const facet = { type: 'compliance', claims: asJson(certified), validFor: 'P30D' };
    await world.issue('billing-bot', facet);
    expect(await open()).toEqual([]);
    world.clock.moveBy(30 * dayMs);
    expect(await open()).toEqual(missing);
  });

  it('is met by a model that was approved under the policy', async () => {
    const { world, add, open } = await openWithAgent();
    await add({ requirement: { modelApprovedBy: 'AI-7' } });
    expect(await open()).toEqual(['the model is not approved under AI-7']);
    const approvedBy = { policy: 'AI-7', approver: 'board', at: '2026-11-01T00:00:00Z' };
    const model = { name: 'm', version: '1', provider: 'p', approvedBy };
    const claims = asJson({ ...built, model });
    await world.issue('billing-bot', { type: 'provenance', claims });
    expect(await open()).toEqual([]);
    const changed = { ...model, approvedBy: { ...approvedBy, policy: 'AI-6' } };
    const newer = asJson({ ...built, model: changed });
    await world.issue('billing-bot', { type: 'provenance', claims: newer });
    expect(await open()).toEqual(['the model is not approved under AI-7']);
  });

  it('asks nothing of an agent that is suspended or retired', async () => {
    const { world, add, open } = await openWithAgent();
    await add({});
    expect(await open()).toHaveLength(1);
    const order = { ...world.caller, handle: 'billing-bot', reason: 'INC-7' };
    await world.registry.suspendAgent(order);
    expect(await open()).toEqual([]);
    await world.registry.resumeAgent(order);
    expect(await open()).toHaveLength(1);
    await world.registry.retireAgent(order);
    expect(await open()).toEqual([]);
  });

  it('is changed, and removed with what it found resolved', async () => {
    const { world, add, findings, open } = await openWithAgent();
    const { id } = await add({});
    expect(await open()).toHaveLength(1);
    const changes = { requirement: { owners: 4 } };
    await world.registry.changeRule({ ...world.caller, id, changes });
    expect(await open()).toEqual(['2 of 4 owners']);
    await world.registry.removeRule({ ...world.caller, id });
    expect(await findings()).toMatchObject([{ state: 'resolved' }]);
    const gone = world.registry.removeRule({ ...world.caller, id });
    await expect(gone).rejects.toMatchObject({ code: 'rule-not-found' });
    const actions = (await world.audited()).map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('rule.'))).toEqual([
      'rule.added',
      'rule.changed',
      'rule.removed',
    ]);
  });

  it('has a name of its own', async () => {
    const { add } = await openWithAgent();
    await add({});
    await expect(add({})).rejects.toMatchObject({ code: 'rule-name-taken' });
  });
});

describe('owners who departed', () => {
  it('leave an orphan once all of them did, however they are spelt', async () => {
    const { world, add, open, neglected, depart } = await openWithAgent();
    await add({ requirement: { owners: 2 } });
    expect(await neglected()).toEqual([]);
    await depart('lead@ACME.com');
    expect(await neglected()).toEqual([['billing-bot', 'owner-departed']]);
    expect(await open()).toEqual(['1 of 2 owners']);
    expect(await world.registry.countOrphans()).toBe(0);
    await depart('second@acme.com');
    expect(await neglected('orphan')).toEqual([['billing-bot', 'orphan']]);
    expect(await world.registry.countOrphans()).toBe(1);
    await world.registry.markOwnerReturned({ ...world.caller, owner: 'Lead@acme.com' });
    expect(await neglected()).toEqual([['billing-bot', 'owner-departed']]);
    expect(await open()).toEqual(['1 of 2 owners']);
  });

  it('are listed once, with the first reason, and audited', async () => {
    const { world, depart } = await openWithAgent();
    const first = await depart('lead@acme.com');
    world.clock.moveBy(1_000);
    expect(await depart('lead@acme.com')).toEqual(first);
    expect(await world.registry.listDepartedOwners(world.caller)).toEqual([first]);
    const actions = (await world.audited()).map(({ action }) => action);
    expect(actions.filter((action) => action === 'owner.departed')).toHaveLength(1);
    await expect(depart('nobody')).rejects.toMatchObject({ code: 'invalid-input' });
    const stranger = { ...world.caller, owner: 'x@acme.com' };
    const returned = world.registry.markOwnerReturned(stranger);
    await expect(returned).rejects.toMatchObject({ code: 'owner-not-departed' });
  });
});

describe('neglect', () => {
  it('is not to have been seen for so long: fetched, or verified here', async () => {
    const { world, neglected } = await openWithAgent();
    const { clientId } = await world.agent('billing-bot');
    world.clock.moveBy(31 * dayMs);
    const unseen = [['billing-bot', 'not-verified']];
    expect(await neglected('not-verified')).toEqual(unseen);
    world.registry.noteVerification(clientId);
    expect(await neglected('not-verified')).toEqual(unseen);
    await world.judge();
    expect(await neglected('not-verified')).toEqual([]);
    world.clock.moveBy(31 * dayMs);
    expect(await neglected('not-verified')).toEqual(unseen);
    world.deps.seen.noteFetch({ clientId, at: world.clock.now() });
    world.deps.seen.noteFetch({ clientId: 'https://x.example/client.json', at: new Date() });
    await world.judge();
    expect(await neglected('not-verified')).toEqual([]);
  });

  it('is a facet in its last third without a successor, and an agent about to end', async () => {
    const { world, neglected } = await openWithAgent();
    const signs = async () => (await neglected()).filter(([, sign]) => sign !== 'not-verified');
    const { id } = await world.issue('billing-bot', { validFor: 'P30D' });
    world.clock.moveBy(19 * dayMs);
    expect(await signs()).toEqual([]);
    world.clock.moveBy(2 * dayMs);
    expect(await signs()).toEqual([['billing-bot', 'credential-expiring']]);
    await world.issue('billing-bot', { claims: { actions: [{ action: 'x', resource: 'y' }] } });
    expect(await signs()).toEqual([['billing-bot', 'credential-expiring']]);
    await world.registry.renewCredential({ ...world.caller, id, reason: 'CHG-1' });
    expect(await signs()).toEqual([]);
    await world.enrol('short-bot', { expiresAt: new Date(world.clock.now().getTime() + dayMs) });
    expect(await signs()).toEqual([['short-bot', 'agent-expiring']]);
  });
});

describe('an import', () => {
  const issuer = 'did:web:assessor.example';

  async function openWithImport() {
    const opened = await openWithAgent();
    const { world } = opened;
    const { registry, caller } = world;
    await registry.trustIssuer({ ...caller, issuer, credentialTypes: ['AcmeClearance'] });
    const agent = await world.agent('billing-bot');
    await opened.add({ requirement: { importedFrom: issuer } });
    return { ...opened, jwt: outsideJwt(agent, issuer, world) };
  }

  it('is asked about again, and rules see at once what became of it', async () => {
    const { world, open, jwt } = await openWithImport();
    expect(await open()).toEqual([`no accepted credential of ${issuer}`]);
    const order = { ...world.caller, handle: 'billing-bot', jwt, reason: 'AUD-7' };
    const { id } = await world.registry.importCredential(order);
    expect(await open()).toEqual([]);
    world.outside.finding = { state: 'undetermined', cause: 'status-unavailable' };
    expect(await open()).toEqual([]);
    world.clock.moveBy(301_000);
    const unknown = `no accepted credential of ${issuer} (undetermined: status-unavailable)`;
    expect(await open()).toEqual([unknown]);
    const found = await world.registry.findImport({ ...world.caller, id });
    expect(found).toMatchObject({ state: 'undetermined', checkedAt: world.clock.now() });
    world.outside.finding = { state: 'rejected', cause: 'status-revoked' };
    world.clock.moveBy(301_000);
    expect(await open()).toEqual([
      `no accepted credential of ${issuer} (rejected: status-revoked)`,
    ]);
    const checks = (await world.audited()).filter(({ action }) => action === 'import.rechecked');
    expect(checks.map(({ details }) => details.state)).toEqual(['undetermined', 'rejected']);
  });

  it('that was not asked about for long is asked about before it is judged', async () => {
    const { world, jwt } = await openWithImport();
    const order = { ...world.caller, handle: 'billing-bot', jwt, reason: 'AUD-7' };
    await world.registry.importCredential(order);
    await world.judge();
    world.clock.moveBy(16 * 60_000);
    world.outside.finding = { state: 'accepted', cause: null };
    const { organizationId } = world.caller;
    // The round asks first and judges then: nothing is found.
    await world.judge();
    expect(await world.registry.listFindings({ organizationId, state: 'open' }, page)).toEqual([]);
  });

  it('of another organization is not found', async () => {
    const { world, jwt } = await openWithImport();
    const order = { ...world.caller, handle: 'billing-bot', jwt, reason: 'AUD-7' };
    const { id } = await world.registry.importCredential(order);
    const foreign = { ...world.caller, organizationId: 'org_other' as never, id };
    const code = 'import-not-found';
    await expect(world.registry.findImport(foreign)).rejects.toMatchObject({ code });
    await expect(world.registry.removeImport(foreign)).rejects.toMatchObject({ code });
    await world.registry.removeImport({ ...world.caller, id });
    await expect(world.registry.findImport({ ...foreign, ...world.caller })).rejects.toMatchObject({
      code,
    });
  });
});

/** Well formed and about the agent; whether its signature holds is for the judge to say. */
function outsideJwt(
  { clientId, did }: { readonly clientId: string; readonly did: string },
  issuer: string,
  { clock }: RegistryWorld,
): string {
  const iat = Math.floor(clock.now().getTime() / 1_000);
  const text = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
  const entry = { type: 'BitstringStatusListEntry', statusPurpose: 'revocation' };
  const list = 'https://assessor.example/status/1r';
  const terms = 'https://assessor.example/contexts/agent-v1.jsonld';
  const payload = {
    '@context': ['https://www.w3.org/ns/credentials/v2', terms],
    id: 'urn:uuid:0e4f8f0e-5b0a-4b55-8a0c-2f1df3e0a001',
    type: ['VerifiableCredential', 'AcmeClearance'],
    issuer,
    ...{ validFrom: text(iat), validUntil: text(iat + 86_400) },
    credentialSubject: { id: clientId, did, level: 3 },
    credentialStatus: [{ ...entry, statusListIndex: '1', statusListCredential: list }],
    ...{ iss: issuer, sub: clientId, iat, exp: iat + 86_400 },
  };
  const header = { alg: 'ES256', typ: 'vc+jwt', kid: `${issuer}#key` };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(payload)}.${Buffer.alloc(64, 7).toString('base64url')}`;
}
