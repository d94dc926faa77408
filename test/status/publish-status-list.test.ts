import { describe, expect, it } from 'vitest';
import { IssuerDirectory } from '../../src/keys/issuer.ts';
import {
  type PublishStatusListDeps,
  publishStatusList,
} from '../../src/status/publish-status-list.ts';
import { reserveIndices } from '../../src/status/reserve-index.ts';
import type { StatusChange } from '../../src/status/status-store.ts';
import { createVeramoSigner } from '../../src/veramo/veramo-signer.ts';
import { refusalLater } from '../kernel/refusal.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { anOrganization } from '../keys/made-issuer.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { makeKey, newSeal } from '../veramo/made-keys.ts';
import { aList } from './made-list.ts';
import { octetsOf, statesOf } from './read-lists.ts';

const seal = newSeal();
const key = await makeKey(seal);
const organization = anOrganization();
const { id } = aList();
const at = new Date('2026-11-20T12:00:00Z');

/** One list with the indices of `crd_0` and `crd_1` handed out. */
async function arrange(replace: Partial<PublishStatusListDeps> = {}) {
  const clock = new SettableClock('2026-11-20T12:00:00Z');
  const database = new MemoryDatabase({ clock });
  const [first, second] = await database.run(async (stores) => {
    await stores.organizations.insert(organization);
    await stores.keys.insert(key);
    await stores.status.insertList(aList());
    const holders = ['crd_0', 'crd_1'];
    const order = { organizationId: organization.id, holders, at };
    return (await reserveIndices(stores, order)).references;
  });
  const { readers } = database;
  const issuers = new IssuerDirectory(readers);
  const signer = createVeramoSigner({ seal });
  const deps = { work: database, status: readers.status, issuers, signer, clock, ...replace };
  const change = (holder: string, what: StatusChange) =>
    database.run(({ status }) => status.change([holder], what));
  return {
    ...{ clock, database, deps, change, indices: [first?.index ?? -1, second?.index ?? -1] },
    publish: () => publishStatusList(deps, id),
  };
}

const paths = { revocation: '/status/7r', suspension: '/status/7s', token: '/token-status/7' };

async function payloadAt(database: MemoryDatabase, path: string) {
  const document = await database.readers.documents.find(path);
  const jwt = new TextDecoder().decode(document?.body);
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

/** What the published documents say of an index, and since when. */
async function read(database: MemoryDatabase, index = 0) {
  const [revocation, suspension, token] = await Promise.all([
    payloadAt(database, paths.revocation),
    payloadAt(database, paths.suspension),
    payloadAt(database, paths.token),
  ]);
  const states = statesOf(octetsOf({ revocation, suspension, token }), index);
  return { ...states, validFrom: revocation.validFrom, iat: token.iat };
}

describe('publishing a list', () => {
  it('puts three documents in place that end after 15 minutes', async () => {
    const { database, publish } = await arrange();
    expect(await publish()).toStrictEqual(at);
    for (const [path, mediaType] of [
      [paths.revocation, 'application/vc+jwt'],
      [paths.suspension, 'application/vc+jwt'],
      [paths.token, 'application/statuslist+jwt'],
    ] as const) {
      expect(await database.readers.documents.find(path)).toMatchObject({
        mediaType,
        state: 'live',
        expiresAt: new Date('2026-11-20T12:15:00Z'),
        cacheControl: 'public, max-age=15, must-revalidate, no-transform',
        keepsVersions: false,
      });
    }
  });

  it('shows what was recorded before', async () => {
    const { database, change, publish, indices } = await arrange();
    await change('crd_0', { revokedAt: at });
    await change('crd_1', { agentSuspendedAt: at });
    await publish();
    const [revoked = 0, suspended = 0] = indices;
    expect(await read(database, revoked)).toMatchObject({ revoked: 1, suspended: 0, token: 1 });
    expect(await read(database, suspended)).toMatchObject({ revoked: 0, suspended: 1, token: 2 });
  });

  it('records the revision that the documents show', async () => {
    const { database, change, publish } = await arrange();
    await change('crd_0', { suspendedAt: at });
    await publish();
    expect(await database.readers.status.findList(id)).toMatchObject({
      revision: 1,
      publishedRevision: 1,
      publishedAt: at,
    });
  });

  it('of an unknown list is a mistake of the caller', async () => {
    const { deps } = await arrange();
    await expect(publishStatusList(deps, aList({ id: 'lst_9' as typeof id }).id)).rejects.toThrow(
      'There is no status list lst_9.',
    );
  });
});

describe('validFrom', () => {
  it.each([
    ['stands still', 0, '2026-11-20T12:00:00.001Z'],
    ['goes on by five minutes', 300_000, '2026-11-20T12:05:00.000Z'],
    ['steps back by five minutes', -300_000, '2026-11-20T12:00:00.001Z'],
  ])('grows when the clock %s', async (_name, ms, next) => {
    const { database, clock, publish } = await arrange();
    await publish();
    clock.moveBy(ms);
    expect(await publish()).toStrictEqual(new Date(next));
    expect((await read(database)).validFrom).toBe(next);
  });

  it('strictly grows over many publications, and iat never decreases', async () => {
    const { database, clock, publish } = await arrange();
    const seen: { validFrom: string; iat: number }[] = [];
    for (const ms of [0, 0, 10, -200_000, 500, 7_200_000, -1, 0, ...Array(100).fill(-1_000)]) {
      clock.moveBy(ms);
      await publish();
      seen.push(await read(database));
    }
    const moments = seen.map(({ validFrom }) => validFrom);
    expect(moments).toStrictEqual([...new Set(moments)].sort());
    const issued = seen.map(({ iat }) => iat);
    expect(issued).toStrictEqual([...issued].sort((one, other) => one - other));
  });
});

describe('a clock that is more than five minutes behind the last publication', () => {
  it.each([-300_001, -7_200_000, -Date.parse('2026-11-20T12:00:00Z')])(
    'has nothing signed, and publishing goes on once it is right: %d ms',
    async (ms) => {
      const { database, clock, publish } = await arrange();
      await publish();
      const before = await read(database);
      clock.moveBy(ms);
      await expect(publish()).rejects.toMatchObject({ code: 'clock-behind' });
      expect(await read(database)).toStrictEqual(before);
      clock.moveBy(-ms);
      expect(await publish()).toStrictEqual(new Date('2026-11-20T12:00:00.001Z'));
    },
  );
});

describe('a publication that is overtaken by another process', () => {
  it('starts again from the newer states', async () => {
    const { database, deps, change, publish, indices } = await arrange();
    const slow = { ...deps, signer: { ...deps.signer } };
    let overtaken = false;
    slow.signer.signStatusToken = async (order) => {
      if (!overtaken) {
        overtaken = true;
        await change('crd_0', { revokedAt: at });
        await publish();
      }
      return deps.signer.signStatusToken(order);
    };
    expect(await publishStatusList(slow, id)).toStrictEqual(new Date(at.getTime() + 1));
    expect(await read(database, indices[0])).toMatchObject({ revoked: 1, token: 1 });
  });

  it('never puts older states in place of newer ones, whatever its clock says', async () => {
    const { database, deps, change, publish, clock, indices } = await arrange();
    const readExceptions = deps.status.readExceptions.bind(deps.status);
    let overtaken = false;
    const status = Object.assign(Object.create(deps.status), {
      readExceptions: async (list: typeof id) => {
        const before = await readExceptions(list);
        if (overtaken) return before;
        overtaken = true;
        await change('crd_0', { revokedAt: at });
        await publish();
        clock.moveBy(1_000);
        return before;
      },
    });
    await publishStatusList({ ...deps, status }, id);
    expect(await read(database, indices[0])).toMatchObject({ revoked: 1, token: 1 });
  });

  it('gives up when it never catches up', async () => {
    const { deps, publish } = await arrange();
    const slow = { ...deps, signer: { ...deps.signer } };
    slow.signer.signStatusToken = async (order) => {
      await publish();
      return deps.signer.signStatusToken(order);
    };
    expect(await refusalLater(publishStatusList(slow, id))).toStrictEqual(['conflict-retry']);
  });
});

it('leaves everything as it was when the signer fails', async () => {
  const { database, deps } = await arrange();
  const broken = { ...deps.signer, signStatusToken: () => Promise.reject(new Error('away')) };
  await expect(publishStatusList({ ...deps, signer: broken }, id)).rejects.toThrow('away');
  expect(await database.readers.status.findList(id)).toMatchObject({ publishedAt: null });
  expect(await database.readers.documents.find(paths.revocation)).toBeNull();
});
