import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { SigningKey } from '../../src/keys/signing-key.ts';
import { acme, identifierNamed, keyNamed, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

export function keyStoreContract(world: WorldSource): void {
  const key = keyNamed('first');

  async function insert(...keys: readonly SigningKey[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const one of keys) await stores.keys.insert(one);
    });
  }

  it('gives back what was inserted, octet for octet', async () => {
    const did = 'did:web:acme.example:a:elsewhere';
    const elsewhere = keyNamed('elsewhere', { did, sealed: null, algorithm: 'Ed25519' });
    await insert(key, elsewhere);
    expect(await world().readers.keys.listByDids([key.did])).toEqual([key]);
    expect(await world().readers.keys.listByDids([did])).toEqual([elsewhere]);
    expect(await world().readers.keys.listByDids(['did:web:acme.example:a:none'])).toEqual([]);
  });

  it('lists the keys of some DIDs, oldest first, without the destroyed', async () => {
    const younger = keyNamed('a-younger', { createdAt: noon(1) });
    const bot = keyNamed('bot', { did: 'did:web:acme.example:a:bot', createdAt: noon(2) });
    const apart = keyNamed('apart', { did: 'did:web:acme.example:a:apart' });
    const retired = keyNamed('retired', { state: 'retired', createdAt: noon(3) });
    const destroyed = keyNamed('destroyed', { state: 'destroyed' });
    await insert(younger, key, bot, apart, destroyed, retired);
    const listed = await world().readers.keys.listByDids([key.did, bot.did]);
    expect(listed).toEqual([key, younger, bot, retired]);
    expect(await world().readers.keys.listByDids([])).toEqual([]);
  });

  it('refuses a public key that another DID of the organization uses', async () => {
    await insert(key);
    const copy = keyNamed('copy', {
      did: 'did:web:acme.example:a:bot',
      thumbprint: key.thumbprint,
    });
    await expect(world().work.run(({ keys }) => keys.insert(copy))).rejects.toMatchObject({
      code: 'key-not-usable',
    });
  });

  it('lets two organizations use the same public key', async () => {
    const copy = keyNamed('copy', {
      organizationId: other.id,
      did: 'did:web:other.example',
      thumbprint: key.thumbprint,
    });
    await insert(key, copy);
    expect(await world().readers.keys.listByDids([copy.did])).toEqual([copy]);
  });

  it('records a step in the life of a key, and leaves the rest of it alone', async () => {
    await insert(key);
    const ended = { state: 'retired', stateSince: noon(5), listedUntil: noon(90) } as const;
    await world().work.run(({ keys }) => keys.change(key.id, ended));
    expect(await world().readers.keys.listByDids([key.did])).toEqual([{ ...key, ...ended }]);
    const given = { state: 'retired', stateSince: noon(6), revokedAt: noon(6) } as const;
    await world().work.run(({ keys }) => keys.change(key.id, given));
    expect(await world().readers.keys.listByDids([key.did])).toEqual([
      { ...key, ...given, listedUntil: noon(90) },
    ]);
  });

  it('forgets the private half alone, and an order to activate', async () => {
    const ordered = keyNamed('ordered', { state: 'published', activatesAt: noon(610) });
    await insert(ordered);
    const change = { state: 'retired', stateSince: noon(5), sealed: null } as const;
    await world().work.run(({ keys }) => keys.change(ordered.id, { ...change, activatesAt: null }));
    expect(await world().readers.keys.listByDids([ordered.did])).toEqual([
      { ...ordered, ...change, activatesAt: null },
    ]);
  });

  it('locks the keys of a DID as they are listed', async () => {
    const destroyed = keyNamed('destroyed', { state: 'destroyed' });
    await insert(key, destroyed, keyNamed('elsewhere', { did: 'did:web:acme.example:a:bot' }));
    expect(await world().work.run(({ keys }) => keys.lockByDid(key.did))).toEqual([key]);
  });

  it('holds a key that is active, and no other', async () => {
    const next = keyNamed('next', { state: 'published' });
    await insert(key, next, keyNamed('former', { state: 'retired' }));
    const hold = (id: string) =>
      world().work.run(({ keys }) => keys.holdActive(id as SigningKey['id']));
    const names = ['key_first', 'key_next', 'key_former', 'key_none'];
    expect(await Promise.all(names.map(hold))).toEqual([true, false, false, false]);
  });

  it('lets nobody change a key that is held, until that transaction ends', async () => {
    await insert(key);
    const order: string[] = [];
    const end = { state: 'retired', stateSince: noon(5) } as const;
    let changing: Promise<void> | undefined;
    await world().work.run(async ({ keys }) => {
      await keys.holdActive(key.id);
      changing ??= world().work.run(async (stores) => {
        await stores.keys.lockByDid(key.did);
        await stores.keys.change(key.id, end);
        order.push('changed');
      });
      await delay(100);
      order.push('held');
    });
    await changing;
    expect(order).toEqual(['held', 'changed']);
    expect(await world().work.run(({ keys }) => keys.holdActive(key.id))).toBe(false);
  });

  it('destroys a key, and gives its public key to nobody else', async () => {
    await insert(key);
    const end = { state: 'destroyed', stateSince: noon(5) } as const;
    await world().work.run(({ keys }) => keys.change(key.id, end));
    expect(await world().readers.keys.listByDids([key.did])).toEqual([]);
    const copy = keyNamed('copy', { thumbprint: key.thumbprint });
    await expect(world().work.run(({ keys }) => keys.insert(copy))).rejects.toMatchObject({
      code: 'key-not-usable',
    });
  });
}

export function didStoreContract(world: WorldSource): void {
  const identifier = identifierNamed('acme.example:a:bot');

  it('gives back what was inserted', async () => {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.dids.insert(identifier);
    });
    expect(await world().readers.dids.find(identifier.did)).toEqual(identifier);
    expect(await world().readers.dids.find('did:web:acme.example')).toBeNull();
  });

  it('refuses a DID that exists', async () => {
    const insertTwice = world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.dids.insert(identifier);
      await stores.dids.insert(identifier);
    });
    await expect(insertTwice).rejects.toMatchObject({ code: 'handle-taken' });
    expect(await world().readers.dids.find(identifier.did)).toBeNull();
  });
}
