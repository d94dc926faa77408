import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EnrolAgentInput } from '../../src/journeys/registry.ts';
import { clientMetadataDigest } from '../../src/protocol/client-metadata.ts';
import { jwkThumbprint, parsePublicJwk } from '../../src/protocol/jwk.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { openRegistryWorld } from './registry-world.ts';

function newJwk(curve = 'P-256'): JsonValue {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return JSON.parse(JSON.stringify(publicKey.export({ format: 'jwk' })));
}

function privateJwk(): JsonValue {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.parse(JSON.stringify(privateKey.export({ format: 'jwk' })));
}

async function thumbprintOf(jwk: unknown): Promise<string> {
  const parsed = parsePublicJwk(jwk);
  return parsed.ok ? jwkThumbprint(parsed.value) : 'none';
}

describe('enrolling an agent', () => {
  it('publishes everything at once', async () => {
    const world = await openRegistryWorld();
    const agent = await world.enrol('billing-bot');
    expect(agent).toMatchObject({
      handle: 'billing-bot',
      state: 'active',
      clientId: 'https://id.acme.com/a/billing-bot/client.json',
      did: 'did:web:id.acme.com:a:billing-bot',
    });
    expect(await world.agent('billing-bot')).toStrictEqual(agent);
    const paths = ['/client.json', '/did.json', '/jwks.json', '', '/callback', '/credentials'];
    for (const path of paths) {
      expect((await world.document(`/a/billing-bot${path}`))?.state).toBe('live');
    }
  });

  it('binds the passport to the document, the keys and the DID document', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    const { credentialSubject: subject } = await world.passport('billing-bot');
    const { keys } = await world.json('/a/billing-bot/jwks.json');
    const did = await world.json('/a/billing-bot/did.json');
    expect(subject.documentDigest).toBe(
      await clientMetadataDigest(await world.json('/a/billing-bot/client.json')),
    );
    expect(keys.map(({ kid }: { kid: string }) => kid)).toStrictEqual(subject.jwkThumbprints);
    expect(did.authentication).toStrictEqual([`${did.id}#${subject.jwkThumbprints[0]}`]);
    expect(did.alsoKnownAs).toStrictEqual([subject.id]);
  });

  it('lives seven days, or as long as the agent', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    await world.enrol('short-bot', { expiresAt: new Date('2026-11-21T00:00:00.500Z') });
    expect((await world.passport('billing-bot')).validUntil).toBe('2026-11-27T12:00:00Z');
    expect((await world.passport('short-bot')).validUntil).toBe('2026-11-21T00:00:00Z');
  });

  it('is audited from the intent to the signature', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    expect((await world.audited(1)).map(({ action }) => action)).toStrictEqual([
      'agent.onboarded',
      'credential.intended',
      'credential.issued',
    ]);
    expect(await world.registry.verifyAudit()).toMatchObject({ intact: true, records: 4 });
  });
});

describe('the grants of an agent', () => {
  const callback = ['https://id.acme.com/a/billing-bot/callback'];
  const own = ['https://acme.com/cb'];
  const cases: readonly (readonly [string, Partial<EnrolAgentInput>, object])[] = [
    [
      'without redirect URIs are those of a machine',
      {},
      { redirect_uris: callback, grant_types: ['authorization_code', 'client_credentials'] },
    ],
    [
      'with redirect URIs are for people',
      { redirectUris: own },
      { redirect_uris: own, grant_types: ['authorization_code'] },
    ],
    [
      'always hold the authorization code',
      { redirectUris: own, grantTypes: ['refresh_token'] },
      { redirect_uris: own, grant_types: ['authorization_code', 'refresh_token'] },
    ],
  ];
  it.each(cases)('%s', async (_name, changes, members) => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot', changes);
    expect(await world.json('/a/billing-bot/client.json')).toMatchObject(members);
  });
});

describe('the key of an agent', () => {
  it('that it brought is published and not kept', async () => {
    const world = await openRegistryWorld();
    const jwk = newJwk();
    await world.enrol('billing-bot', { key: { custody: 'jwk', jwk } });
    const { credentialSubject } = await world.passport('billing-bot');
    expect(credentialSubject.jwkThumbprints).toStrictEqual([await thumbprintOf(jwk)]);
    const [key] = await world.database.readers.keys.listByDids([credentialSubject.did]);
    expect(key).toMatchObject({ sealed: null, purpose: 'client-authentication' });
  });

  it('that is issued is handed out once and not kept', async () => {
    const world = await openRegistryWorld();
    const { agent, privateJwk: secret } = await world.registry.enrolAgent({
      ...world.caller,
      handle: 'billing-bot',
      kind: 'agent',
      name: 'Billing Bot',
      owners: ['lead@acme.com'],
      key: { custody: 'issued' },
    });
    const { d, ...publicPart } = secret ?? {};
    expect(d).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const [key] = await world.database.readers.keys.listByDids([agent.did]);
    expect(key).toMatchObject({ sealed: null, thumbprint: await thumbprintOf(publicPart) });
  });

  it('in the registry never leaves it', async () => {
    const world = await openRegistryWorld();
    const { did } = await world.enrol('billing-bot', { key: { custody: 'registry' } });
    const [key] = await world.database.readers.keys.listByDids([did]);
    expect(key?.sealed?.byteLength).toBeGreaterThan(29);
  });
});

describe('refused, and nothing changed', () => {
  const tooLong = 'https://acme.com/'.padEnd(400, 'x');
  const cases: readonly (readonly [string, Partial<EnrolAgentInput>, string, string])[] = [
    ['a malformed handle', { handle: 'Billing' }, 'invalid-input', '/handle'],
    ['an empty name', { name: '' }, 'invalid-input', '/name'],
    ['no owner', { owners: [] }, 'invalid-input', '/owners'],
    ['an end in the past', { expiresAt: new Date(0) }, 'invalid-input', '/expiresAt'],
    [
      'a redirect URI over plain http',
      { redirectUris: ['http://acme.com/cb'] },
      'invalid-input',
      '/redirectUris/0',
    ],
    [
      'redirect URIs beyond the budget',
      { redirectUris: Array.from({ length: 10 }, (_, place) => `${tooLong}${place}`) },
      'document-too-large',
      '/redirect_uris',
    ],
    ['a private JWK', { key: { custody: 'jwk', jwk: privateJwk() } }, 'key-not-usable', '/jwk'],
    [
      'a secp256k1 key',
      { key: { custody: 'jwk', jwk: newJwk('secp256k1') } },
      'key-not-usable',
      '/jwk/kty',
    ],
    ['a JWK that is none', { key: { custody: 'jwk', jwk: 'key' } }, 'key-not-usable', '/jwk'],
    [
      'a point that is not on the curve',
      { key: { custody: 'jwk', jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } } },
      'key-not-usable',
      '/jwk/x',
    ],
  ];
  it.each(cases)('%s', async (_name, changes, code, pointer) => {
    const world = await openRegistryWorld();
    const before = await world.snapshot();
    const refusal = await refusalLater(world.enrol('billing-bot', changes));
    expect(refusal[0]).toBe(code);
    expect(refusal[1]?.split(':')[0]).toBe(pointer);
    expect(await world.snapshot()).toStrictEqual(before);
    await world.enrol('billing-bot');
  });

  it.each<readonly [string, Partial<EnrolAgentInput>]>([
    ['a redirect URI with a wildcard', { redirectUris: ['https://acme.com/*'] }],
    ['a redirect URI after a space', { redirectUris: [' https://acme.com/cb'] }],
    ['a logo with a backslash', { logoUri: 'https://acme.com\\logo.png' }],
    ['a name with half a character', { name: 'Bot \ud83d' }],
  ])('%s, which the published document could not say', async (_name, changes) => {
    const world = await openRegistryWorld();
    const before = await world.snapshot();
    const [code] = await refusalLater(world.enrol('billing-bot', changes));
    expect(['invalid-input', 'document-invalid']).toContain(code);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('a client_id over 120 bytes', async () => {
    const world = await openRegistryWorld({ baseUrl: `https://${'x'.repeat(60)}.example` });
    const before = await world.snapshot();
    const refusal = await refusalLater(world.enrol('a'.repeat(30)));
    expect(refusal).toStrictEqual(['client-id-too-long', '/handle: choose a shorter handle']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('a handle that is taken, also by a retired agent', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    await world.registry.retireAgent({ ...world.caller, handle: 'billing-bot', reason: 'gone' });
    const before = await world.snapshot();
    expect(await refusalLater(world.enrol('billing-bot'))).toStrictEqual(['handle-taken']);
    expect(await world.snapshot()).toStrictEqual(before);
  });

  it('a key that another agent has', async () => {
    const world = await openRegistryWorld();
    const key = { custody: 'jwk', jwk: newJwk() } as const;
    await world.enrol('billing-bot', { key });
    const before = await world.snapshot();
    expect(await refusalLater(world.enrol('other-bot', { key }))).toStrictEqual(['key-not-usable']);
    expect(await world.snapshot()).toStrictEqual(before);
  });
});

describe('agents enrolled at the same time', () => {
  it('each get an index and documents of their own', async () => {
    const world = await openRegistryWorld();
    const handles = Array.from({ length: 20 }, (_, place) => `bot-${place}`);
    await Promise.all(handles.map((handle) => world.enrol(handle)));
    const passports = await Promise.all(handles.map((handle) => world.passport(handle)));
    const indices = passports.map(({ status }) => status.status_list.idx);
    expect(new Set(indices).size).toBe(20);
    expect(await world.registry.verifyAudit()).toMatchObject({ intact: true });
  });

  it('under one handle are one, and one refusal', async () => {
    const world = await openRegistryWorld();
    const settled = await Promise.allSettled([
      world.enrol('first-bot'),
      world.enrol('billing-bot'),
      world.enrol('billing-bot'),
      world.enrol('last-bot'),
    ]);
    expect(settled.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('do not suffer for the one whose signature fails', async () => {
    const world = await openRegistryWorld();
    world.interruptions.beforeSigning = async ({ credentialSubject }) => {
      const { name } = credentialSubject as { name: string };
      if (name === 'Unlucky') throw new Error('the signer is away');
    };
    const settled = await Promise.allSettled([
      world.enrol('first-bot'),
      world.enrol('billing-bot'),
      world.enrol('unlucky-bot', { name: 'Unlucky' }),
    ]);
    const told = settled.map((one) => (one.status === 'fulfilled' ? 'enrolled' : `${one.reason}`));
    expect(told).toStrictEqual(['enrolled', 'enrolled', 'Error: the signer is away']);
  });
});

describe('an enrolment that was cut short', () => {
  it('is finished by the next round', async () => {
    const world = await openRegistryWorld();
    world.interruptions.beforeSigning = () => Promise.reject(new Error('the signer is away'));
    await expect(world.enrol('billing-bot')).rejects.toThrow('the signer is away');
    expect(await world.document('/a/billing-bot/client.json')).toBeNull();
    world.interruptions.beforeSigning = async () => {};
    expect(await world.keep()).toMatchObject({ agentsCaughtUp: 1, failures: [] });
    expect(await world.agent('billing-bot')).toMatchObject({ state: 'active' });
    for (const path of ['/client.json', '/did.json', '/jwks.json', '', '/callback']) {
      expect((await world.document(`/a/billing-bot${path}`))?.state).toBe('live');
    }
  });
});
