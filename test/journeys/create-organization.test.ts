import { describe, expect, it } from 'vitest';
import { openRegistryWorld } from './registry-world.ts';

describe('a new organization', () => {
  it.each([
    ['https://id.acme.com', 'did:web:id.acme.com', '/.well-known/did.json', '/jwks.json'],
    [
      'https://id.acme.com/o/pay',
      'did:web:id.acme.com:o:pay',
      '/o/pay/did.json',
      '/o/pay/jwks.json',
    ],
    [
      'https://id.acme.com:8443',
      'did:web:id.acme.com%3A8443',
      '/.well-known/did.json',
      '/jwks.json',
    ],
  ])('at %s is %s', async (baseUrl, did, didPath, jwksPath) => {
    const world = await openRegistryWorld({ baseUrl });
    expect(world.organization).toMatchObject({ baseUrl, did, name: 'Acme' });
    const document = await world.json(didPath);
    const { keys } = await world.json(jwksPath);
    expect(document.id).toBe(did);
    expect(document.assertionMethod).toStrictEqual([keys[0].kid]);
    expect(keys[0].kid).toMatch(new RegExp(`^${did}#[A-Za-z0-9_-]{43}$`));
  });

  it('has a sealed key for credentials and an empty status list', async () => {
    const { database, organization } = await openRegistryWorld();
    const keys = await database.readers.keys.listByDids([organization.did]);
    expect(keys).toMatchObject([{ purpose: 'credential', algorithm: 'ES256', state: 'active' }]);
    expect(keys[0]?.sealed).not.toBeNull();
    const lists = await database.readers.status.listLists();
    expect(lists).toMatchObject([{ number: 1, size: 131_072, taken: 0 }]);
  });

  it('is the first record of the audit trail', async () => {
    const world = await openRegistryWorld();
    expect(await world.audited()).toMatchObject([
      {
        sequence: 1,
        action: 'organization.created',
        subject: world.organization.id,
        actor: { kind: 'system', id: 'service' },
        details: { did: 'did:web:id.acme.com', baseUrl: 'https://id.acme.com' },
      },
    ]);
  });
});
