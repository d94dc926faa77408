import { describe, expect, it } from 'vitest';
import { createOrganization } from '../../src/journeys/create-organization.ts';
import { openOrganization } from '../../src/journeys/open-organization.ts';
import type { KeySeal } from '../../src/keys/key-seal.ts';
import { hashToken } from '../../src/organizations/api-token.ts';
import { createApiToken } from '../../src/organizations/create-api-token.ts';
import { createVeramoIdentityProvider } from '../../src/veramo/veramo-identity-provider.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { newSeal } from '../veramo/made-keys.ts';
import { openRegistryWorld } from './registry-world.ts';

const url = 'https://id.acme.com';

/** An installation whose starts can be repeated, each with a master key. */
function arrange() {
  const clock = new SettableClock();
  const database = new MemoryDatabase({ clock });
  const start = (baseUrl: string, seal: KeySeal) =>
    openOrganization(
      {
        ...database.readers,
        work: database,
        identities: createVeramoIdentityProvider({ seal }),
        clock,
        seal,
      },
      baseUrl,
    );
  return { start, database };
}

describe('the organization at start', () => {
  it('is made once, named after its host', async () => {
    const { start, database } = arrange();
    const seal = newSeal();
    const organization = await start(`${url}/o/pay`, seal);
    expect(organization).toMatchObject({ name: 'id.acme.com', contact: 'agents@id.acme.com' });
    expect(await start(`${url}/o/pay`, seal)).toStrictEqual(organization);
    expect(await database.readers.organizations.list()).toHaveLength(1);
  });

  it('may move while it has no agent', async () => {
    const { start } = arrange();
    const seal = newSeal();
    await start(url, seal);
    expect((await start('https://id.acme.org', seal)).did).toBe('did:web:id.acme.org');
  });

  it('is not opened with another master key', async () => {
    const { start } = arrange();
    await start(url, newSeal());
    expect(await refusalLater(start(url, newSeal()))).toStrictEqual(['start-refused']);
  });

  it('never moves once it has an agent', async () => {
    const world = await openRegistryWorld();
    await world.enrol('billing-bot');
    const before = await world.snapshot();
    const opening = openOrganization({ ...world.deps, seal: newSeal() }, 'https://id.acme.org');
    await expect(opening).rejects.toThrow(
      'start-refused: SEALWRIGHT_URL is https://id.acme.org, but agents exist under https://id.acme.com',
    );
    expect(await world.snapshot()).toStrictEqual(before);
  });
});

describe('an installation that moves before it is used', () => {
  const scopes = ['org:admin'] as const;

  it('takes its tokens along, and goes on as one organization', async () => {
    const { start, database } = arrange();
    const seal = newSeal();
    const former = await start('http://localhost:8787', seal);
    const actor = { kind: 'system', id: 'service' } as const;
    const order = { organizationId: former.id, actor, name: 'x', scopes, expiresAt: null };
    const clock = new SettableClock();
    const { text } = await createApiToken({ work: database, clock }, order);
    const first = await start(url, seal);
    const { organizations, tokens } = database.readers;
    expect((await tokens.findByHash(hashToken(text)))?.organizationId).toBe(first.id);
    expect(await organizations.listPage({ limit: 9 })).toEqual([{ ...first, standing: 'first' }]);
    expect(await organizations.find(former.id)).toEqual({ ...former, standing: 'former' });
  });

  it('may move back', async () => {
    const { start, database } = arrange();
    const seal = newSeal();
    const one = await start(url, seal);
    await start('https://id.acme.org', seal);
    expect(await start(url, seal)).toEqual(one);
    expect(await start(url, seal)).toEqual(one);
    expect(await database.readers.organizations.listPage({ limit: 9 })).toEqual([one]);
  });
});

describe('an installation with several organizations', () => {
  const lab = { baseUrl: 'https://id.lab.com', name: 'Lab', contact: 'lab@acme.com' };

  it.each(['https://id.lab.com', 'https://id.acme.org'])('is not opened as %s', async (other) => {
    const world = await openRegistryWorld();
    await createOrganization(world.deps, lab);
    const before = await world.database.readers.organizations.list();
    await expect(openOrganization(world.deps, other)).rejects.toThrow(
      'organizations exist beside https://id.acme.com',
    );
    expect(await world.database.readers.organizations.list()).toEqual(before);
  });

  it('opens with the first one, whatever the others have', async () => {
    const world = await openRegistryWorld();
    await createOrganization(world.deps, lab);
    await world.enrol('billing-bot');
    expect(await openOrganization(world.deps, url)).toEqual(world.organization);
  });

  it('is not moved while one of the others has an agent', async () => {
    const world = await openRegistryWorld();
    const { id } = await createOrganization(world.deps, lab);
    await world.enrol('lab-bot', { organizationId: id });
    await expect(openOrganization(world.deps, lab.baseUrl)).rejects.toThrow(
      'agents exist under https://id.lab.com',
    );
  });
});
