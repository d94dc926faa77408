// What a revocation costs as the registry grows. Each registry is filled by copies of one agent, and the
// samples of all are taken in turn.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../../dist/config/settings.js';
import { createClient } from '../../dist/db/client.js';
import { createReaders } from '../../dist/db/create-readers.js';
import { startPostgres } from '../../dist/db/embedded-postgres.js';
import { PostgresUnitOfWork } from '../../dist/db/unit-of-work.js';
import { IssuerDirectory } from '../../dist/keys/issuer.js';
import { KeySeal } from '../../dist/keys/key-seal.js';
import { createService } from '../../dist/service.js';
import { publishStatusList } from '../../dist/status/publish-status-list.js';
import { createVeramoSigner } from '../../dist/veramo/veramo-signer.js';
import { freePort } from '../free-port.mjs';
import { fillEstate } from './fill-estate.mjs';
import { compare } from './measure.mjs';
import { orders } from './papers.mjs';
import { startRegistry } from './registry.mjs';

const credentialsPerAgent = 4;
const clock = { now: () => new Date() };

/**
 * Milliseconds of one revocation, until it is published and answered, among few and among many
 * credentials; of publishing one list beside them; and of taking back many at once.
 */
export async function measureStatusAtSize({ folder, scale, say }) {
  const { sizes, bulk, warmUps, rounds } = scale.statusAtSize;
  const estates = {};
  for (const [name, credentials] of Object.entries(sizes)) {
    estates[name] = await openEstate({ folder: join(folder, `status-${name}`), credentials, say });
  }
  try {
    const contenders = {};
    for (const [name, estate] of Object.entries(estates)) {
      await estate.prepare(warmUps + rounds);
      contenders[`one revocation, until published: ${name} registry`] = estate.revokeOne;
      contenders[`publishing a list: ${name} registry`] = estate.publishOne;
    }
    const figures = await compare(contenders, { warmUps, rounds, say });
    const named = Object.entries(figures).map(([name, figure]) => [
      name,
      { unit: 'ms', ...figure },
    ]);
    const many = await measureBulk({ folder: join(folder, 'status-bulk'), credentials: bulk, say });
    return { ...Object.fromEntries(named), ...many };
  } finally {
    for (const estate of Object.values(estates)) await estate.stop();
  }
}

async function measureBulk(order) {
  const estate = await openEstate(order);
  try {
    const began = performance.now();
    const { ids } = await estate.revokeMany();
    const ms = performance.now() - began;
    if (ids.length !== order.credentials) throw new Error(`${ids.length} were revoked`);
    return { 'bulk revocation, until published': { unit: 's', samples: [ms / 1_000] } };
  } finally {
    await estate.stop();
  }
}

async function openEstate({ folder, credentials, say }) {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const url = `http://localhost:${await freePort()}`;
  await enrolOne(folder, url);
  const dataDir = join(folder, 'registry');
  const server = await startPostgres({ dataDir, log: console.error });
  const agents = Math.ceil(credentials / credentialsPerAgent);
  await fillEstate(server.connectionString, { agents, team: 'many', say });
  await server.stop();
  const service = await createService(settingsOf(folder, url));
  const publisher = openPublisher(dataDir, server.connectionString);
  const caller = {
    organizationId: service.organization.id,
    actor: { kind: 'system', id: 'bench' },
    reason: 'bench',
  };
  const ready = [];
  return {
    /** Agents that have something to lose, as many as there will be samples. */
    prepare: async (times) => {
      for (let time = 0; time < times; time += 1) {
        const handle = `lost-${time}`;
        const profile = { handle, kind: 'agent', name: handle, owners: ['o@acme.example'] };
        await service.registry.enrolAgent({ ...caller, ...profile, key: { custody: 'issued' } });
        ready.push(await service.registry.issueCredential({ ...caller, ...orders[2], handle }));
      }
    },
    revokeOne: () =>
      msOf(() => service.registry.revokeCredential({ ...caller, id: ready.pop().id })),
    publishOne: () => msOf(publisher.publish),
    revokeMany: () =>
      service.registry.revokeMany({ ...caller, filter: { team: 'many' }, preview: false }),
    stop: async () => {
      await publisher.stop();
      await service[Symbol.asyncDispose]();
    },
  };
}

async function enrolOne(folder, url) {
  const registry = await startRegistry(folder, url);
  const { handle } = await registry.enrol();
  for (const order of orders) await registry.issue({ handle, order });
  await registry.stop();
}

function settingsOf(folder, url) {
  const settings = readSettings({
    SEALWRIGHT_URL: url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${new URL(url).port}`,
    SEALWRIGHT_DATA_DIR: join(folder, 'registry'),
    SEALWRIGHT_LOG_LEVEL: 'error',
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  return settings.value;
}

/** Publishes the first list of the copies over and over, on connections of its own. */
function openPublisher(dataDir, connectionString) {
  const client = createClient(connectionString);
  const readers = createReaders(client);
  const masterKey = readFileSync(join(dataDir, 'master.key'), 'utf8').trim();
  const deps = {
    work: new PostgresUnitOfWork({ client, clock, onPublished: () => {} }),
    status: readers.status,
    issuers: new IssuerDirectory(readers),
    signer: createVeramoSigner({ seal: new KeySeal(Buffer.from(masterKey, 'base64url')) }),
    clock,
  };
  return {
    publish: () => publishStatusList(deps, 'lst_1'),
    stop: () => client.$disconnect(),
  };
}

async function msOf(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
