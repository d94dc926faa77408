import { beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/agent.ts';
import type { ManifestAgent, ManifestCredential } from '../../src/manifest/manifest.ts';
import { type TokenScope, tokenScopes } from '../../src/organizations/api-token.ts';
import { heldJwk } from '../support/edge-world.ts';
import { openRegistryWorld, type RegistryWorld } from './registry-world.ts';

const bot: ManifestAgent = {
  handle: 'billing-bot',
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['lead@acme.com'],
  team: 'payments',
  version: '3.2.1',
  tags: ['prod'],
  keyCustody: 'registry',
};
const reading = {
  type: 'allowed-actions',
  reason: 'CHG-4711',
  claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
} satisfies ManifestCredential;
const writing: ManifestCredential = {
  ...reading,
  reason: 'CHG-4712',
  claims: { actions: [{ action: 'write', resource: 'logs/production' }] },
};

let world: RegistryWorld;

beforeEach(async () => {
  world = await openRegistryWorld();
});

/** The manifest is applied; each agent in a line of what was done. */
async function apply(
  entries: readonly ManifestAgent[],
  options: { readonly pruneReason?: string; readonly scopes?: readonly TokenScope[] } = {},
): Promise<readonly string[]> {
  const { pruneReason = null, scopes = tokenScopes } = options;
  world.clock.moveBy(1_000);
  const applied = await world.registry.applyManifest({
    ...{ ...world.caller, entries, pruneReason, scopes },
  });
  return applied.map(({ plan }) => {
    const members = plan.members.map(({ member }) => member);
    const steps = plan.steps.map(
      ({ action, type, former }) => `${action} ${type} -${former.length}`,
    );
    const faults = plan.problem?.faults.map(({ pointer }) => pointer) ?? [];
    return [plan.handle, plan.action, ...members, ...steps, plan.problem?.code, ...faults]
      .filter(Boolean)
      .join(' ');
  });
}

/** Which credentials of the agent hold, by type and first action. */
async function inForce({ id }: Agent): Promise<readonly string[]> {
  return (await world.held(id))
    .filter(({ sealing, revokedAt }) => sealing === 'sealed' && revokedAt === null)
    .filter(({ type }) => type !== 'passport')
    .map(({ type, reason }) => `${type} ${reason}`);
}

const versionsOf = async (handle: string): Promise<number> =>
  (await world.registry.listAgentDocuments({ ...world.caller, handle })).filter(({ path }) =>
    path.endsWith('/client.json'),
  ).length;

describe('an agent that is not there yet', () => {
  it('is onboarded with its credentials, and its documents are published once', async () => {
    expect(await apply([{ ...bot, credentials: [reading] }])).toEqual([
      'billing-bot create issue allowed-actions -0',
    ]);
    const agent = await world.agent('billing-bot');
    expect(agent).toMatchObject({ state: 'active', team: 'payments', tags: ['prod'] });
    expect(await inForce(agent)).toEqual(['allowed-actions CHG-4711']);
    expect(await versionsOf('billing-bot')).toBe(1);
    const { credentialSubject } = await world.passport('billing-bot');
    expect(credentialSubject.authorizedScopes).toEqual(['read:logs/production']);
  });

  it('is left as it is when it is applied again', async () => {
    await apply([{ ...bot, credentials: [reading] }]);
    expect(await apply([{ ...bot, credentials: [reading] }])).toEqual(['billing-bot unchanged']);
    expect(await versionsOf('billing-bot')).toBe(1);
  });

  it('gets a key that is handed out once, or whose public half came along', async () => {
    const entries: ManifestAgent[] = [
      { ...bot, handle: 'handed', keyCustody: 'issued' },
      { ...bot, handle: 'made', keyCustody: 'issued', jwk: heldJwk },
    ];
    const [handed, made] = await world.registry.applyManifest({
      ...{ ...world.caller, entries, pruneReason: null, scopes: tokenScopes },
    });
    expect(handed?.privateJwk).toMatchObject({ kty: 'EC', d: expect.any(String) });
    expect(made).toMatchObject({ privateJwk: null, agent: { keyCustody: 'issued' } });
  });

  it('is refused alone when it cannot be, with the place, and the others are not stopped', async () => {
    const entries: ManifestAgent[] = [
      { ...bot, handle: 'Bad' },
      { ...bot, handle: 'good' },
      { ...bot, handle: 'grasping', credentials: [{ ...reading, claims: { actions: [{}] } }] },
    ];
    expect(await apply(entries)).toEqual([
      'Bad refuse invalid-input /handle',
      'good create',
      'grasping refuse claims-invalid /credentials/0/claims/actions/0 /credentials/0/claims/actions/0',
    ]);
  });
});

describe('an agent that enrols', () => {
  const enrols: ManifestAgent = { ...bot, keyCustody: 'enrolment', credentials: [reading] };

  it('gets one token, and no second one while the first is out', async () => {
    const order = { ...world.caller, entries: [enrols], pruneReason: null, scopes: tokenScopes };
    const [first] = await world.registry.applyManifest(order);
    expect(first?.plan.action).toBe('create');
    expect(first?.invitation?.token).toMatch(/^swe_/);
    const [second] = await world.registry.applyManifest(order);
    expect(second?.plan).toMatchObject({ action: 'unchanged' });
    expect(second?.plan.enrolment?.id).toBe(first?.invitation?.enrolment.id);
    expect(second?.invitation).toBeNull();
    world.clock.moveBy(25 * 3_600_000);
    expect(await apply([enrols])).toEqual(['billing-bot create issue allowed-actions -0']);
  });

  it('cannot be told the moment at which its credentials end, nor be made otherwise meanwhile', async () => {
    const until = { ...reading, validUntil: '2027-01-01T00:00:00Z' };
    expect(await apply([{ ...enrols, credentials: [until] }])).toEqual([
      'billing-bot refuse invalid-input /credentials/0/validUntil',
    ]);
    await apply([enrols]);
    expect(await apply([{ ...bot, handle: 'other' }, enrols])).toEqual([
      'other create',
      'billing-bot unchanged',
    ]);
    expect(await apply([bot, { ...enrols, handle: 'third' }])).toEqual([
      'billing-bot refuse agent-wrong-state',
      'third create issue allowed-actions -0',
    ]);
  });
});

describe('an agent that is there', () => {
  beforeEach(async () => {
    await apply([{ ...bot, credentials: [reading] }]);
  });

  it('is changed in what the manifest names, and keeps what it does not', async () => {
    const { tags: _tags, ...silent } = bot;
    expect(await apply([{ ...silent, version: '3.3.0', team: null }])).toEqual([
      'billing-bot change team version',
    ]);
    expect(await world.agent('billing-bot')).toMatchObject({
      ...{ version: '3.3.0', team: null, tags: ['prod'] },
    });
    expect(await inForce(await world.agent('billing-bot'))).toEqual(['allowed-actions CHG-4711']);
  });

  it('a credential whose claims differ takes the place of the one before, which is revoked', async () => {
    const [before] = (await world.held((await world.agent('billing-bot')).id)).filter(
      ({ type }) => type === 'allowed-actions',
    );
    expect(await apply([{ ...bot, version: '4', credentials: [writing] }])).toEqual([
      'billing-bot change version replace allowed-actions -1',
    ]);
    expect(await inForce(await world.agent('billing-bot'))).toEqual(['allowed-actions CHG-4712']);
    expect(await versionsOf('billing-bot')).toBe(2);
    if (before === undefined) throw new Error('there was none');
    expect(await world.shown(before)).toBe('revoked');
  });

  it('what the manifest does not name is revoked only to prune', async () => {
    expect(await apply([bot])).toEqual(['billing-bot unchanged']);
    expect(await apply([{ ...bot, credentials: [] }])).toEqual(['billing-bot unchanged']);
    expect(await apply([bot], { pruneReason: 'CHG-9' })).toEqual([
      'billing-bot change revoke allowed-actions -1',
    ]);
    expect(await inForce(await world.agent('billing-bot'))).toEqual([]);
  });

  it('a successor of the same claims is wanted too, and not pruned', async () => {
    await world.issue('billing-bot', { claims: reading.claims });
    expect(await apply([{ ...bot, credentials: [reading] }], { pruneReason: 'CHG-9' })).toEqual([
      'billing-bot unchanged',
    ]);
  });

  it('what was revoked by hand comes back for a new reason only', async () => {
    const agent = await world.agent('billing-bot');
    const facet = (await world.held(agent.id)).find(({ type }) => type === 'allowed-actions');
    if (facet === undefined) throw new Error('there is none');
    await world.registry.revokeCredential({ ...world.caller, id: facet.id, reason: 'INC-1' });
    expect(await apply([{ ...bot, credentials: [reading] }])).toEqual([
      'billing-bot refuse credential-wrong-state /credentials/0/reason',
    ]);
    expect(await apply([{ ...bot, credentials: [{ ...reading, reason: 'CHG-5' }] }])).toEqual([
      'billing-bot change issue allowed-actions -0',
    ]);
  });

  it('what is suspended is held, and not replaced', async () => {
    const agent = await world.agent('billing-bot');
    const facet = (await world.held(agent.id)).find(({ type }) => type === 'allowed-actions');
    if (facet === undefined) throw new Error('there is none');
    await world.registry.suspendCredential({ ...world.caller, id: facet.id, reason: 'INC-1' });
    expect(await apply([{ ...bot, credentials: [reading] }])).toEqual(['billing-bot unchanged']);
    expect(await apply([{ ...bot, credentials: [writing] }])).toEqual([
      'billing-bot refuse credential-wrong-state /credentials/0',
    ]);
  });

  it('its end is moved', async () => {
    const expiresAt = '2027-01-01T00:00:00Z';
    expect(await apply([{ ...bot, expiresAt }])).toEqual(['billing-bot change expiresAt']);
    expect((await world.agent('billing-bot')).expiresAt).toEqual(new Date(expiresAt));
    expect(await apply([{ ...bot, expiresAt }])).toEqual(['billing-bot unchanged']);
  });

  it('another kind or key is refused, each at its place', async () => {
    const { keyCustody: _custody, ...keyless } = bot;
    expect(await apply([{ ...keyless, kind: 'mcp-server', jwk: heldJwk }])).toEqual([
      'billing-bot refuse invalid-input /kind /jwk /jwk',
    ]);
    expect(await apply([{ ...bot, keyCustody: 'issued' }])).toEqual([
      'billing-bot refuse invalid-input /keyCustody',
    ]);
  });

  it('is refused once retired, and once suspended when something would change', async () => {
    await world.registry.suspendAgent({ ...world.caller, handle: 'billing-bot', reason: 'INC' });
    expect(await apply([{ ...bot, credentials: [reading] }])).toEqual(['billing-bot unchanged']);
    expect(await apply([{ ...bot, version: '4' }])).toEqual([
      'billing-bot refuse agent-wrong-state',
    ]);
    await world.registry.retireAgent({ ...world.caller, handle: 'billing-bot', reason: 'INC' });
    expect(await apply([bot])).toEqual(['billing-bot refuse agent-wrong-state']);
  });

  it('is planned anew when somebody changes it between the plan and its making', async () => {
    let meddled = false;
    const { listUnexpired } = world.database.readers.credentials;
    world.database.readers.credentials.listUnexpired = async (...input) => {
      const found = await listUnexpired.apply(world.database.readers.credentials, input);
      if (!meddled) {
        meddled = true;
        await world.issue('billing-bot', { claims: writing.claims, reason: 'by hand' });
      }
      return found;
    };
    expect(await apply([{ ...bot, credentials: [writing] }])).toEqual(['billing-bot unchanged']);
    expect(await inForce(await world.agent('billing-bot'))).toEqual([
      'allowed-actions CHG-4711',
      'allowed-actions by hand',
    ]);
  });
});

describe('a token', () => {
  it('that permits less than the plan takes changes nothing', async () => {
    const entries = [
      { ...bot, credentials: [reading] },
      { ...bot, handle: 'other' },
    ];
    await expect(apply(entries, { scopes: ['agents:read', 'agents:write'] })).rejects.toMatchObject(
      {
        code: 'not-permitted',
        detail: 'Applying this needs the scopes credentials:issue too.',
      },
    );
    await expect(world.agent('other')).rejects.toMatchObject({ code: 'agent-not-found' });
    expect(await apply([bot], { scopes: ['agents:write'] })).toEqual(['billing-bot create']);
    expect(await apply([bot], { scopes: [] })).toEqual(['billing-bot unchanged']);
  });
});

describe('two orders at once', () => {
  it('make nothing twice', async () => {
    const entries = [{ ...bot, credentials: [reading] }];
    const results = await Promise.all([apply(entries), apply(entries)]);
    expect(results.flat().sort()).toEqual([
      'billing-bot create issue allowed-actions -0',
      'billing-bot unchanged',
    ]);
    expect(await inForce(await world.agent('billing-bot'))).toEqual(['allowed-actions CHG-4711']);
  });
});

describe('an export', () => {
  it('of what was applied changes nothing when it is applied', async () => {
    const given: ManifestAgent[] = [
      { ...bot, credentials: [reading, { ...writing, validFor: 'P30D', visibility: 'public' }] },
      { ...bot, handle: 'held', keyCustody: 'issued', profiles: ['strict'] },
    ];
    await apply(given);
    const page = { limit: 10 };
    const filter = { organizationId: world.organization.id };
    const agents = await world.registry.listAgents(filter, page);
    const exported = await world.registry.exportManifest(agents);
    const byHandle = [...exported].sort((one, other) => (one.handle < other.handle ? -1 : 1));
    const filled = {
      grantTypes: ['authorization_code', 'client_credentials'],
      expiresAt: '2027-11-20T12:00:01.000Z',
    };
    expect(byHandle).toEqual(given.map((agent) => ({ ...agent, ...filled })));
    expect(await apply(byHandle)).toEqual(['billing-bot unchanged', 'held unchanged']);
  });
});
