import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld, payloadOf, type RegistryWorld } from './registry-world.ts';

const ownId = 'https://id.acme.com/a/billing-bot/client.json';
const strictId = 'https://id.acme.com/a/billing-bot/strict/client.json';
const strictPath = '/a/billing-bot/strict/client.json';
const passportPath = '/a/billing-bot/strict/passport.jwt';
const dayMs = 24 * 60 * 60_000;

async function openWithStrict() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot', { profiles: ['strict'] });
  return { world, agent };
}

async function openWithout() {
  const world = await openRegistryWorld();
  const agent = await world.enrol('billing-bot');
  return { world, agent };
}

function change(world: RegistryWorld, profiles: readonly 'strict'[]) {
  world.clock.moveBy(1);
  const order = { ...world.caller, handle: 'billing-bot', changes: { profiles } };
  return world.registry.updateAgent(order);
}

/** The passports of an agent for one client_id, oldest first. */
function passportsFor(held: readonly Credential[], clientId: string): readonly Credential[] {
  return held.filter(({ type, claims }) => type === 'passport' && claims['id'] === clientId);
}

describe('onboarding with the strict profile', () => {
  it('publishes a document without its passport, and names the passport in a header', async () => {
    const { world } = await openWithStrict();
    expect(await world.json(strictPath)).toStrictEqual({
      client_id: strictId,
      client_name: 'Billing Bot',
      client_uri: 'https://id.acme.com/a/billing-bot',
      application_type: 'web',
      redirect_uris: ['https://id.acme.com/a/billing-bot/callback'],
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: 'https://id.acme.com/a/billing-bot/jwks.json',
      contacts: ['platform@acme.com'],
    });
    expect(await world.document(strictPath)).toMatchObject({
      mediaType: 'application/json',
      cacheControl: 'public, max-age=300',
      link: '<https://id.acme.com/a/billing-bot/strict/passport.jwt>; rel="describedby"; type="application/vc+jwt"',
    });
    expect(await world.document(passportPath)).toMatchObject({
      mediaType: 'application/vc+jwt',
      cacheControl: 'public, max-age=300',
      link: null,
    });
  });

  it('issues a passport for that document: its client_id, its digest, its own status index', async () => {
    const { world, agent } = await openWithStrict();
    const own = await world.passport('billing-bot');
    const strict = payloadOf(await world.text(passportPath));
    const document = await world.json(strictPath);
    expect(strict.credentialSubject).toStrictEqual({
      ...own.credentialSubject,
      id: strictId,
      documentDigest: await clientMetadataDigest(document),
    });
    expect(strict.credentialSubject.documentDigest).not.toBe(own.credentialSubject.documentDigest);
    expect([strict.sub, strict.id === own.id]).toStrictEqual([strictId, false]);
    expect([strict.validFrom, strict.validUntil]).toStrictEqual([own.validFrom, own.validUntil]);
    expect(strict.status.status_list.uri).toBe(own.status.status_list.uri);
    expect(strict.status.status_list.idx).not.toBe(own.status.status_list.idx);
    expect(agent.profiles).toStrictEqual(['strict']);
  });

  it('names both client_ids in the DID document', async () => {
    const { world } = await openWithStrict();
    expect((await world.json('/a/billing-bot/did.json')).alsoKnownAs).toStrictEqual([
      ownId,
      strictId,
    ]);
  });

  it('tells where each passport is read', async () => {
    const { world, agent } = await openWithStrict();
    const urls = (await world.held(agent.id)).map((one) => world.registry.credentialUrl(one));
    expect((await Promise.all(urls)).sort()).toStrictEqual([
      ownId,
      'https://id.acme.com/a/billing-bot/strict/passport.jwt',
    ]);
  });

  it('refuses a handle whose strict client_id would be longer than every server takes', async () => {
    const host = `${'x'.repeat(46)}.example`;
    const world = await openRegistryWorld({ baseUrl: `https://${host}` });
    const handle = 'a'.repeat(40);
    const before = await world.snapshot();
    const refusal = refusalLater(world.enrol(handle, { profiles: ['strict'] }));
    expect(await refusal).toStrictEqual(['client-id-too-long', '/handle: choose a shorter handle']);
    expect(await world.snapshot()).toStrictEqual(before);
    await world.enrol(handle);
    const order = { ...world.caller, handle, changes: { profiles: ['strict'] as const } };
    expect(await refusalLater(world.registry.updateAgent(order))).toStrictEqual([
      'client-id-too-long',
      '/profiles: the strict document would have a client_id that is too long',
    ]);
  });

  it('is not there for an agent that does not ask for it', async () => {
    const { world, agent } = await openWithout();
    expect(await world.document(strictPath)).toBeNull();
    expect(await world.document(passportPath)).toBeNull();
    expect(passportsFor(await world.held(agent.id), strictId)).toStrictEqual([]);
    expect((await world.json('/a/billing-bot/did.json')).alsoKnownAs).toStrictEqual([ownId]);
  });
});

describe('the strict passport goes the way of the agent', () => {
  it('says what the facets give, as soon as they do', async () => {
    const { world } = await openWithStrict();
    await world.issue('billing-bot');
    const { credentialSubject } = payloadOf(await world.text(passportPath));
    const own = (await world.passport('billing-bot')).credentialSubject;
    expect(credentialSubject.authorizedScopes).toStrictEqual(['read:logs/production']);
    expect(own.authorizedScopes).toStrictEqual(['read:logs/production']);
  });

  it('is revoked with the other one when a facet is taken back', async () => {
    const { world, agent } = await openWithStrict();
    const facet = await world.issue('billing-bot');
    world.clock.moveBy(1);
    const order = { ...world.caller, id: facet.id, reason: 'CHG-1' };
    await world.registry.revokeCredential(order);
    const held = await world.held(agent.id);
    for (const clientId of [ownId, strictId]) {
      const shown = await Promise.all(passportsFor(held, clientId).map(world.shown));
      expect(shown).toStrictEqual(['revoked', 'revoked', 'valid']);
    }
    const { credentialSubject } = payloadOf(await world.text(passportPath));
    expect(credentialSubject.authorizedScopes).toStrictEqual([]);
  });

  it('is suspended and resumed with the agent', async () => {
    const { world, agent } = await openWithStrict();
    const order = { ...world.caller, handle: 'billing-bot', reason: 'CHG-1' };
    await world.registry.suspendAgent(order);
    const [passport] = passportsFor(await world.held(agent.id), strictId);
    expect(await world.shown(passport as Credential)).toBe('suspended');
    await world.registry.resumeAgent(order);
    expect(await world.shown(passport as Credential)).toBe('valid');
  });

  it('is revoked when the agent retires, and its documents are gone', async () => {
    const { world, agent } = await openWithStrict();
    await world.registry.retireAgent({ ...world.caller, handle: 'billing-bot', reason: 'CHG-1' });
    const [passport] = passportsFor(await world.held(agent.id), strictId);
    expect(await world.shown(passport as Credential)).toBe('revoked');
    expect((await world.document(strictPath))?.state).toBe('gone');
    expect((await world.document(passportPath))?.state).toBe('gone');
    const did = await world.json('/a/billing-bot/did.json');
    expect(did.alsoKnownAs).toStrictEqual([ownId, strictId]);
  });

  it('is renewed with the other one, and the document keeps its octets', async () => {
    const { world, agent } = await openWithStrict();
    const before = await world.document(strictPath);
    world.clock.moveBy(5 * dayMs);
    expect(await world.keep()).toMatchObject({ passportsRenewed: 1 });
    expect(await world.keep()).toMatchObject({ passportsRenewed: 0 });
    expect(await world.document(strictPath)).toStrictEqual(before);
    const strict = payloadOf(await world.text(passportPath));
    expect(strict.validFrom).toBe('2026-11-25T12:00:00Z');
    const held = await world.held(agent.id);
    expect(passportsFor(held, strictId)).toHaveLength(2);
    expect(passportsFor(held, ownId)).toHaveLength(2);
  });

  it('is what the renewal of a strict passport gives back', async () => {
    const { world, agent } = await openWithStrict();
    for (const clientId of [ownId, strictId]) {
      const [passport] = passportsFor(await world.held(agent.id), clientId);
      world.clock.moveBy(1);
      const { id } = passport as Credential;
      const order = { ...world.caller, id, reason: 'CHG-1' };
      const renewed = await world.registry.renewCredential(order);
      expect([renewed.claims['id'], renewed.id === id]).toStrictEqual([clientId, false]);
    }
  });

  it('is given up when the agent is suspended while it is signed', async () => {
    const { world, agent } = await openWithStrict();
    let suspended = false;
    world.interruptions.beforeSigning = async () => {
      if (suspended) return;
      suspended = true;
      const order = { ...world.caller, handle: 'billing-bot', reason: 'CHG-1' };
      await world.registry.suspendAgent(order);
    };
    expect(await refusalLater(world.issue('billing-bot'))).toStrictEqual(['agent-wrong-state']);
    const passports = passportsFor(await world.held(agent.id), strictId);
    expect(passports.map(({ sealing }) => sealing)).toStrictEqual(['sealed', 'abandoned']);
    await world.keep();
    expect(await world.shown(passports[1] as Credential)).toBe('revoked');
  });
});

it('is given up when a later change of the agent overtakes it', async () => {
  const { world, agent } = await openWithStrict();
  let overtaken = false;
  world.interruptions.beforeSigning = async () => {
    if (overtaken) return;
    overtaken = true;
    await world.database.run(({ agents }) => agents.reviseAll([agent.id]));
  };
  world.clock.moveBy(1);
  const order = { ...world.caller, handle: 'billing-bot', changes: { version: '2' } };
  await world.registry.updateAgent(order);
  await world.keep();
  const passports = passportsFor(await world.held(agent.id), strictId);
  const lost = passports.filter(({ sealing }) => sealing !== 'sealed');
  expect(lost.map(({ sealing }) => sealing)).toStrictEqual(['abandoned']);
  expect(await world.shown(lost[0] as Credential)).toBe('revoked');
  const served = await world.text(passportPath);
  const [newest] = passports.filter(({ jwt }) => jwt === served);
  expect(await world.shown(newest as Credential)).toBe('valid');
});

describe('the profile is changed', () => {
  it('on: a strict document and its passport appear, and no passport is taken back', async () => {
    const { world, agent } = await openWithout();
    expect((await change(world, ['strict'])).profiles).toStrictEqual(['strict']);
    expect((await world.json(strictPath)).client_id).toBe(strictId);
    expect((await world.json('/a/billing-bot/did.json')).alsoKnownAs).toStrictEqual([
      ownId,
      strictId,
    ]);
    await world.keep();
    const held = await world.held(agent.id);
    expect(await Promise.all(held.map(world.shown))).toStrictEqual(['valid', 'valid', 'valid']);
  });

  it('off: the documents are withdrawn and their passport revoked, the other one stays', async () => {
    const { world, agent } = await openWithStrict();
    await change(world, []);
    expect((await world.document(strictPath))?.state).toBe('gone');
    expect((await world.document(passportPath))?.state).toBe('gone');
    expect((await world.json('/a/billing-bot/did.json')).alsoKnownAs).toStrictEqual([ownId]);
    const held = await world.held(agent.id);
    const strict = passportsFor(held, strictId);
    expect(await Promise.all(strict.map(world.shown))).toStrictEqual(['revoked']);
    const own = passportsFor(held, ownId);
    expect(await Promise.all(own.map(world.shown))).toStrictEqual(['valid', 'valid']);
  });

  it('off, when its passports have run out: the documents are withdrawn all the same', async () => {
    const { world } = await openWithStrict();
    world.clock.moveBy(8 * dayMs);
    await change(world, []);
    expect((await world.document(strictPath))?.state).toBe('gone');
  });

  it('off and on again: the same client_id lives again, under a new passport', async () => {
    const { world, agent } = await openWithStrict();
    await change(world, []);
    await change(world, ['strict']);
    expect((await world.document(strictPath))?.state).toBe('live');
    const strict = passportsFor(await world.held(agent.id), strictId);
    expect(await Promise.all(strict.map(world.shown))).toStrictEqual(['revoked', 'valid']);
    const served = createHash('sha256')
      .update(await world.text(passportPath))
      .digest('hex');
    const newest = createHash('sha256')
      .update(strict[1]?.jwt ?? '')
      .digest('hex');
    expect(served).toBe(newest);
  });

  it('off, and the service ends before the documents follow: the next round has them withdrawn', async () => {
    const { world, agent } = await openWithStrict();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('killed'));
    await expect(change(world, [])).rejects.toThrow('killed');
    expect((await world.document(strictPath))?.state).toBe('live');
    world.interruptions.beforeSigning = async () => {};
    world.clock.moveBy(1);
    await world.keep();
    expect((await world.document(strictPath))?.state).toBe('gone');
    const [former] = passportsFor(await world.held(agent.id), strictId);
    expect(await world.shown(former as Credential)).toBe('revoked');
  });

  it('not, by a change of something else: both documents follow', async () => {
    const { world } = await openWithStrict();
    world.clock.moveBy(1);
    const order = { ...world.caller, handle: 'billing-bot', changes: { name: 'New' } };
    await world.registry.updateAgent(order);
    expect((await world.json(strictPath)).client_name).toBe('New');
    const { credentialSubject } = payloadOf(await world.text(passportPath));
    const digest = await clientMetadataDigest(await world.json(strictPath));
    expect(credentialSubject.documentDigest).toBe(digest);
  });
});
