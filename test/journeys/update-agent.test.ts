import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import type { UpdateAgentInput } from '../../src/journeys/registry.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld } from './registry-world.ts';

const own = ['https://acme.com/cb', 'https://acme.com/other'];

async function openWithAgent() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot', { redirectUris: own, team: 'payments' });
  await world.keep();
  const update = (changes: UpdateAgentInput['changes']) => {
    world.clock.moveBy(1);
    return world.registry.updateAgent({ ...world.caller, handle: 'billing-bot', changes });
  };
  const former = (await world.held(agent.id))[0] as Credential;
  return { world, agent, update, former };
}

describe('a change', () => {
  it('of the name is in the document and in the passport', async () => {
    const { world, update } = await openWithAgent();
    const updated = await update({ name: 'Invoice Bot', description: 'sends invoices' });
    expect(updated).toMatchObject({ name: 'Invoice Bot', description: 'sends invoices' });
    expect(await world.agent('billing-bot')).toStrictEqual(updated);
    expect(await world.json('/a/billing-bot/client.json')).toMatchObject({
      client_name: 'Invoice Bot',
    });
    expect((await world.passport('billing-bot')).credentialSubject.name).toBe('Invoice Bot');
    expect(await world.text('/a/billing-bot')).toBe('Invoice Bot is active, facets 0');
  });

  it('leaves what it does not name, and clears what it names as null', async () => {
    const { agent, update } = await openWithAgent();
    expect(await update({ tags: ['prod'] })).toMatchObject({ team: 'payments', name: agent.name });
    expect(await update({ team: null })).toMatchObject({ team: null, tags: ['prod'] });
  });

  it('is audited by the names of what changed', async () => {
    const { world, update } = await openWithAgent();
    const { length } = await world.audited();
    await update({ tags: ['prod'], name: 'Invoice Bot' });
    const [event] = await world.audited(length);
    expect(event).toMatchObject({
      action: 'agent.updated',
      details: { members: ['name', 'tags'] },
    });
  });
});

describe('the former passport', () => {
  const cases: readonly (readonly [string, UpdateAgentInput['changes'], string])[] = [
    ['a new name', { name: 'Invoice Bot' }, 'valid'],
    ['another redirect URI', { redirectUris: [...own, 'https://acme.com/third'] }, 'valid'],
    ['another grant', { grantTypes: ['refresh_token'] }, 'valid'],
    ['a redirect URI taken away', { redirectUris: own.slice(0, 1) }, 'revoked'],
    ['a redirect URI exchanged', { redirectUris: ['https://acme.com/third'] }, 'revoked'],
    ['no redirect URI any more', { redirectUris: [] }, 'revoked'],
  ];
  it.each(cases)('after %s', async (_name, changes, shown) => {
    const { world, update, former } = await openWithAgent();
    await update(changes);
    expect(await world.shown(former)).toBe(shown);
  });

  it.each([
    ['nearer', '2027-01-01T00:00:00Z', 'revoked'],
    ['later', '2028-01-01T00:00:00Z', 'valid'],
  ])('with an end that comes %s', async (_name, expiresAt, shown) => {
    const { world, update, former } = await openWithAgent();
    expect(former).toBeDefined();
    const updated = await update({ expiresAt: new Date(expiresAt) });
    expect(updated.expiresAt).toStrictEqual(new Date(expiresAt));
    expect(await world.agent('billing-bot')).toStrictEqual(updated);
    expect(await world.shown(former)).toBe(shown);
  });

  it('is revoked when a grant is taken away', async () => {
    const { world, update } = await openWithAgent();
    await update({ grantTypes: ['refresh_token'] });
    const wider = (await world.held((await world.agent('billing-bot')).id)).at(-1) as Credential;
    await update({ grantTypes: [] });
    expect(await world.shown(wider)).toBe('revoked');
    expect((await world.json('/a/billing-bot/client.json')).grant_types).toStrictEqual([
      'authorization_code',
    ]);
  });

  it('stays when the order alone changes', async () => {
    const { world, update, former } = await openWithAgent();
    await update({ redirectUris: own.toReversed() });
    expect(await world.shown(former)).toBe('valid');
  });
});

describe('refused, and nothing changed', () => {
  it.each<readonly [string, UpdateAgentInput['changes'], string]>([
    ['an empty name', { name: '' }, 'invalid-input'],
    ['no owner', { owners: [] }, 'invalid-input'],
    ['an end in the past', { expiresAt: new Date(0) }, 'invalid-input'],
    ['a redirect URI over plain http', { redirectUris: ['http://acme.com/'] }, 'invalid-input'],
  ])('%s', async (_name, changes, code) => {
    const { world, update } = await openWithAgent();
    const before = await world.snapshot();
    expect((await refusalLater(update(changes)))[0]).toBe(code);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('an end that is put off once it has come', async () => {
    const { world, update } = await openWithAgent();
    world.clock.set('2027-11-20T12:00:01Z');
    const before = await world.snapshot();
    const later = { expiresAt: new Date('2030-01-01T00:00:00Z') };
    expect(await refusalLater(update(later))).toStrictEqual(['agent-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('what the published document could not say', async () => {
    const { world, update } = await openWithAgent();
    const before = await world.snapshot();
    const [code] = await refusalLater(update({ redirectUris: ['https://acme.com/*'] }));
    expect(['invalid-input', 'document-invalid']).toContain(code);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it.each(['suspendAgent', 'retireAgent'] as const)('after %s', async (verb) => {
    const { world, update } = await openWithAgent();
    await world.registry[verb]({ ...world.caller, handle: 'billing-bot', reason: 'INC-7' });
    const before = await world.snapshot();
    expect(await refusalLater(update({ name: 'Other' }))).toStrictEqual(['agent-wrong-state']);
    expect(await world.snapshot()).toStrictEqual(before);
    expect((await world.agent('billing-bot')).name).toBe('Billing Bot');
  });
});

describe('changes at the same time', () => {
  it('are all made, and the last passport says so', async () => {
    const { world, update } = await openWithAgent();
    const tags = Array.from({ length: 10 }, (_, place) => `tag-${place}`);
    await Promise.all([
      ...tags.map((tag) => update({ tags: [tag] })),
      update({ name: 'Invoice Bot' }),
    ]);
    const agent = await world.agent('billing-bot');
    expect(agent).toMatchObject({ name: 'Invoice Bot', tags: ['tag-9'] });
    expect(agent.publishedRevision).toBe(agent.papersRevision);
    expect((await world.passport('billing-bot')).credentialSubject.name).toBe('Invoice Bot');
  });

  it('of which one takes back what another adds leave no passport that says more', async () => {
    const { world, agent, update } = await openWithAgent();
    await Promise.all([
      update({ redirectUris: [...own, 'https://acme.com/third'] }),
      update({ redirectUris: own }),
    ]);
    const document = await world.json('/a/billing-bot/client.json');
    expect(document.redirect_uris).toStrictEqual(own);
    const held = await world.held(agent.id);
    const present = held.filter(({ jwt }) => jwt === document['vc+jwt']);
    const others = held.filter(({ jwt }) => jwt !== document['vc+jwt']);
    expect(await Promise.all(present.map(world.shown))).toStrictEqual(['valid']);
    expect(await Promise.all(others.map(world.shown))).toStrictEqual(['revoked', 'revoked']);
  });
});
