import { expect, it } from 'vitest';
import { acme, noon, organizationNamed, other, tokenNamed } from './entities.ts';
import type { WorldSource } from './world.ts';

export function organizationStoreContract(world: WorldSource): void {
  it('gives back what was inserted', async () => {
    await world().work.run(({ organizations }) => organizations.insert(acme));
    expect(await world().readers.organizations.find(acme.id)).toEqual(acme);
  });

  it('lists by id', async () => {
    await world().work.run(async ({ organizations }) => {
      await organizations.insert(other);
      await organizations.insert(acme);
    });
    expect(await world().readers.organizations.list()).toEqual([acme, other]);
  });

  it('describes one, in the members that are given', async () => {
    const described = await world().work.run(async ({ organizations }) => {
      await organizations.insert(acme);
      await organizations.insert(other);
      await organizations.describe(acme.id, { name: 'Acme Ltd' });
      return organizations.describe(acme.id, { contact: 'security@acme.example' });
    });
    expect(described).toEqual({ ...acme, name: 'Acme Ltd', contact: 'security@acme.example' });
    expect(await world().readers.organizations.list()).toEqual([described, other]);
    const unknown = await world().work.run(({ organizations }) =>
      organizations.describe('org_none' as typeof acme.id, { name: 'Nobody' }),
    );
    expect(unknown).toBeNull();
  });

  it('pages through those that are not former ones', async () => {
    const [one, two, three] = [acme, organizationNamed('b'), organizationNamed('c')];
    await world().work.run(async ({ organizations }) => {
      for (const organization of [one, two, three, other]) await organizations.insert(organization);
      await organizations.changeStanding(two.id, 'former');
      await organizations.changeStanding(one.id, 'first');
    });
    const { organizations } = world().readers;
    const first = { ...one, standing: 'first' };
    expect(await organizations.listPage({ limit: 2 })).toEqual([first, three]);
    expect(await organizations.listPage({ limit: 2, after: three.id })).toEqual([other]);
    expect(await organizations.find(two.id)).toEqual({ ...two, standing: 'former' });
  });

  it('finds nothing where there is nothing', async () => {
    expect(await world().readers.organizations.find(acme.id)).toBeNull();
    expect(await world().readers.organizations.list()).toEqual([]);
  });

  it('refuses a second organization at the same base URL', async () => {
    await world().work.run(({ organizations }) => organizations.insert(acme));
    const twin = { ...organizationNamed('twin'), baseUrl: acme.baseUrl };
    await expect(
      world().work.run(({ organizations }) => organizations.insert(twin)),
    ).rejects.toMatchObject({ code: 'base-url-taken' });
    expect(await world().readers.organizations.list()).toEqual([acme]);
  });
}

export function apiTokenStoreContract(world: WorldSource): void {
  const token = tokenNamed('first', { expiresAt: noon(60) });

  async function insert(...tokens: readonly (typeof token)[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const one of tokens) await stores.tokens.insert(one);
    });
  }

  it('finds a token by the hash of its text', async () => {
    await insert(token);
    expect(await world().readers.tokens.findByHash(token.hash)).toEqual(token);
    expect(await world().readers.tokens.findByHash('0'.repeat(64))).toBeNull();
  });

  it('lists the tokens of one organization', async () => {
    const second = tokenNamed('second');
    await insert(second, token, tokenNamed('foreign', { organizationId: other.id }));
    expect(await world().readers.tokens.list(acme.id)).toEqual([token, second]);
  });

  it('refuses a second token with the same text', async () => {
    await insert(token);
    const twin = { ...tokenNamed('twin'), hash: token.hash };
    await expect(world().work.run(({ tokens }) => tokens.insert(twin))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('revokes once, and keeps the first moment', async () => {
    await insert(token);
    const revoke = (at: Date) =>
      world().work.run(({ tokens }) => tokens.revoke(acme.id, token.id, at));
    expect(await revoke(noon(1))).toEqual({ ...token, revokedAt: noon(1) });
    expect(await revoke(noon(2))).toEqual({ ...token, revokedAt: noon(1) });
    expect(await world().readers.tokens.findByHash(token.hash)).toEqual({
      ...token,
      revokedAt: noon(1),
    });
  });

  it('hands over all tokens of an organization, and no others', async () => {
    const second = tokenNamed('second', { platform: true });
    const foreign = tokenNamed('foreign', { organizationId: other.id });
    await insert(token, second, foreign);
    await world().work.run(({ tokens }) => tokens.handOver(acme.id, other.id));
    expect(await world().readers.tokens.list(acme.id)).toEqual([]);
    expect(await world().readers.tokens.list(other.id)).toEqual(
      [
        { ...token, organizationId: other.id },
        foreign,
        { ...second, organizationId: other.id },
      ].sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });

  it('revokes nothing of another organization', async () => {
    await insert(token);
    expect(
      await world().work.run(({ tokens }) => tokens.revoke(other.id, token.id, noon(1))),
    ).toBeNull();
    expect(await world().readers.tokens.findByHash(token.hash)).toEqual(token);
  });
}
