import { describe, expect, it } from 'vitest';
import { openOrganization } from '../../src/journeys/open-organization.ts';
import type { KeySeal } from '../../src/keys/key-seal.ts';
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
