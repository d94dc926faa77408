import { expect, it } from 'vitest';
import type {
  CustomType,
  CustomTypeId,
  CustomTypeName,
} from '../../src/credentials/custom-type.ts';
import { acme, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

function version(name: string, number: number, changes: Partial<CustomType> = {}): CustomType {
  return {
    id: `sch_${name}${number}` as CustomTypeId,
    organizationId: acme.id,
    name: name as CustomTypeName,
    version: number,
    credentialType: 'LevelCredential',
    description: null,
    schema: { type: 'object', b: 1, a: ['ä'] },
    url: `https://acme.example/schemas/${name}.v${number}.json`,
    document: { $id: 'x' },
    createdAt: noon(),
    ...changes,
  };
}

export function customTypeStoreContract(world: WorldSource): void {
  async function insert(...types: readonly CustomType[]): Promise<void> {
    await world().work.run(async ({ organizations }) => {
      await organizations.insert(acme);
      await organizations.insert(other);
    });
    await world().work.run(async ({ customTypes }) => {
      for (const type of types) await customTypes.insert(type);
    });
  }

  const foreign = version('level', 9, {
    id: 'sch_foreign' as CustomTypeId,
    organizationId: other.id,
    url: 'https://other.example/schemas/level.v9.json',
  });

  it('finds a version as it was registered, in its organization', async () => {
    const first = version('level', 1, { description: 'how far one may go' });
    await insert(first, version('level', 2), foreign);
    const { customTypes } = world().readers;
    expect(await customTypes.find(acme.id, 'level', 1)).toEqual(first);
    expect(await customTypes.find(acme.id, 'level', 9)).toBeNull();
    expect(await customTypes.find(other.id, 'level', 9)).toEqual(foreign);
    expect(await customTypes.find(acme.id, 'other', 1)).toBeNull();
  });

  it('refuses a version that is there already', async () => {
    await insert(version('level', 1));
    const twin = version('level', 1, { id: 'sch_twin' as CustomTypeId, url: 'https://x.example' });
    const insertion = world().work.run(({ customTypes }) => customTypes.insert(twin));
    await expect(insertion).rejects.toMatchObject({ code: 'conflict-retry' });
    expect(await world().readers.customTypes.listVersions(acme.id, 'level')).toHaveLength(1);
  });

  it('lists versions by number, newest first, and types by their newest version', async () => {
    const versions = [1, 2, 10].map((number) => version('level', number));
    const vetting = version('vetting', 1);
    await insert(...versions, vetting, foreign);
    const { customTypes } = world().readers;
    expect(await customTypes.listVersions(acme.id, 'level')).toEqual(versions.toReversed());
    const [, , newest] = versions;
    expect(await customTypes.list(acme.id, { limit: 9 })).toEqual([newest, vetting]);
    expect(await customTypes.list(acme.id, { limit: 1 })).toEqual([newest]);
    const after = String(newest?.id);
    expect(await customTypes.list(acme.id, { limit: 9, after })).toEqual([vetting]);
  });

  it('finds the newest versions of those that are named', async () => {
    const [first, second] = [version('level', 1), version('level', 2)];
    await insert(first, second, version('vetting', 1), foreign);
    const { customTypes } = world().readers;
    expect(await customTypes.findNewest(acme.id, ['level', 'unheard-of'])).toEqual([second]);
    expect(await customTypes.findNewest(acme.id, [])).toEqual([]);
  });
}
