import { expect, it } from 'vitest';
import type { CredentialRecord } from '../../src/credentials/credential.ts';
import type { CustomTypeName } from '../../src/credentials/custom-type.ts';
import { acme, agentNamed, intentNamed, listNumbered, noon } from './entities.ts';
import type { WorldSource } from './world.ts';

export function inventoryReaderContract(world: WorldSource): void {
  const facet = (name: string, index: number, changes: Partial<CredentialRecord>) =>
    intentNamed(name, index, { type: 'compliance', ...changes });

  async function fill(): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.agents.insert(agentNamed('bot'));
      await stores.agents.insert({ ...agentNamed('cat'), state: 'suspended' });
      await stores.status.insertList(listNumbered(1, { taken: 6, publishedAt: noon(5) }));
    });
    const records = [
      facet('later', 0, { validUntil: noon(900) }),
      facet('sooner', 1, { validUntil: noon(300) }),
      facet('renewed', 2, { validUntil: noon(100), renewsForS: 60 }),
      facet('revoked', 3, { validUntil: noon(50) }),
      intentNamed('passport', 4),
      facet('own', 5, { type: 'Clearance' as CustomTypeName, validUntil: noon(40) }),
    ];
    await world().work.run(async ({ status, credentials }) => {
      await status.insertEntries(
        records.map((record) => ({ ...record.status, holder: record.id })),
      );
      await credentials.insertIntents(records);
      await credentials.sealAll(records.slice(0, 5).map(({ id }) => ({ id, jwt: `jwt ${id}` })));
      await status.change(['crd_revoked'], { revokedAt: noon(2) });
    });
  }

  it('counts nothing in an empty installation', async () => {
    expect(await world().readers.inventory.takeInventory(noon())).toEqual({
      ...{ agents: [], credentials: [], earliestEnds: [], lists: [] },
    });
  });

  it('counts by state and kind, and finds the next end that nothing renews', async () => {
    await fill();
    expect(await world().readers.inventory.takeInventory(noon(200))).toEqual({
      agents: [
        { state: 'active', count: 1 },
        { state: 'suspended', count: 1 },
      ],
      credentials: [
        { type: 'compliance', state: 'active', count: 2 },
        { type: 'compliance', state: 'expired', count: 1 },
        { type: 'compliance', state: 'revoked', count: 1 },
        { type: 'own', state: 'intended', count: 1 },
        { type: 'passport', state: 'active', count: 1 },
      ],
      earliestEnds: [{ type: 'compliance', endsAt: noon(300) }],
      lists: [{ url: `${acme.baseUrl}/token-status/1`, publishedAt: noon(5), used: 0.75 }],
    });
  });
}
