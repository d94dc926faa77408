import { CheckpointFiles } from './checkpoints/checkpoint-file.ts';
import { writeAdminToken } from './config/admin-token-file.ts';
import { auditDirOf, type Settings } from './config/settings.ts';
import { type Database, openDatabase } from './db/open-database.ts';
import { startDuties } from './duties.ts';
import { keepEventKeys } from './events/event-keys.ts';
import { startFollowing } from './follow.ts';
import { createApp } from './http/app.ts';
import { startListeners } from './http/listeners.ts';
import { createLog } from './http/log.ts';
import { noteFetches } from './http/note-fetches.ts';
import { createOwnVerifiers } from './http/own-verifier.ts';
import { arrangePlanes } from './http/planes.ts';
import { RateLimits } from './http/rate-limits.ts';
import { addRegistryGauges } from './http/registry-gauges.ts';
import { CheckpointKeeper, logOriginOf } from './journeys/checkpoint-keeper.ts';
import { createRegistry } from './journeys/create-registry.ts';
import { keepPapers } from './journeys/keep-papers.ts';
import { openOrganization } from './journeys/open-organization.ts';
import type { Registry } from './journeys/registry.ts';
import { systemClock } from './kernel/clock.ts';
import { Metrics } from './metrics/metrics.ts';
import { admitOperator } from './organizations/admit-operator.ts';
import type { Organization } from './organizations/organization.ts';
import { createDocumentFollower } from './publication/follow-documents.ts';
import { publishStandingDocuments } from './release.ts';
import { guardedFetch } from './verifier/node/index.ts';
import { type Rooms, type Start, wireRooms } from './wire-rooms.ts';

/** A running registry. Disposing of it stops the listeners, the rounds and the embedded database. */
export interface Service extends AsyncDisposable {
  /** `/readyz` answers 503 from now on, and connections end with their answers. */
  drain(): void;
  /** The base URL of the first organization. */
  readonly url: string;
  /** Where the public listener is bound. */
  readonly listening: string;
  /** The use cases, for callers in the same process. */
  readonly registry: Registry;
  readonly organization: Organization;
}

/**
 * Starts the registry: database, first organization, standing documents, listeners, rounds. Resolves
 * when requests are answered; otherwise throws `start-refused` with the reason and leaves nothing
 * running. A process of the role `public` is `createReplica`'s.
 */
export async function createService(settings: Settings): Promise<Service> {
  if (settings.role === 'public') throw new TypeError('The role public is served by a replica.');
  const log = createLog(settings.logLevel);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return { ...(await start({ settings, log, closers })), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(order: Start): Promise<Omit<Service, typeof Symbol.asyncDispose>> {
  const { settings, log, closers } = order;
  const database = await openDatabase({
    dataDir: settings.dataDir,
    databaseUrl: settings.databaseUrl?.reveal(),
    maxConnections: settings.databasePool,
    home: new URL(settings.origin).host,
    log: (message) => log.warn({ message }),
  });
  closers.push(async () => database[Symbol.asyncDispose]());
  const metrics = new Metrics();
  const opened = await database.oneAtATime(() => openRegistry(order, { database, metrics }));
  const { rooms, organization } = opened;
  const checkpoints = keepCheckpoints(order, { rooms, organization, dataDir: database.dataDir });
  const registry = createRegistry({ ...rooms, checkpoints });
  if (database.watch.holdsLease) await keepPapers(rooms);
  const duties = startDuties({ rooms, checkpoints, log, metrics });
  closers.push(duties.stop);
  const { copy, memory, documents } = rooms;
  if (copy !== null) {
    await memory.readHosts();
    closers.push(startFollowing(createDocumentFollower({ documents, memory, copy }), log).stop);
  }
  addRegistryGauges(metrics, { registry, journal: rooms.journal, clock: systemClock });
  let isDraining = false;
  // Whoever has public documents to serve does so without all of these.
  const isNeeded = settings.role === 'admin';
  const app = createApp({
    registry,
    storage: rooms.watch,
    verifierOf: createOwnVerifiers(guardedFetch({ allowLoopback: rooms.loopback }), metrics),
    metrics,
    clock: systemClock,
    limits: new RateLimits({ clock: systemClock, perMinute: settings.rateLimit }),
    log,
    origin: settings.origin,
    checkReadiness: async () => [
      { name: 'database', ok: rooms.watch.isUp, isNeeded },
      { name: 'audit', ok: rooms.journal.isOpen, isNeeded },
      { name: 'audit-checkpoints', ok: checkpoints.isSigning, isNeeded },
      ...(isDraining ? [{ name: 'running', ok: false }] : []),
    ],
  });
  const planes = arrangePlanes(settings, {
    documents: noteFetches(rooms.memory, { ...rooms, origin: settings.origin }),
    hosts: rooms.memory.hosts,
    app,
    metrics,
    clock: systemClock,
    origin: settings.origin,
  });
  const listeners = await startListeners(settings, planes);
  closers.push(() => listeners.close());
  // A poll that waits is answered before the listeners wait for it, and rounds come to their end.
  closers.push(async () => {
    rooms.pulse.end();
    duties.interrupt();
  });
  log.info({ message: 'ready', url: settings.url, listening: listeners.publicUrl });
  const drain = (): void => {
    isDraining = true;
    listeners.drain();
  };
  return { url: settings.url, listening: listeners.publicUrl, registry, organization, drain };
}

/** What a first start makes, and every start makes sure of; processes that start together take turns. */
async function openRegistry(
  order: Start,
  { database, metrics }: { readonly database: Database; readonly metrics: Metrics },
) {
  const { settings } = order;
  const rooms = await wireRooms(order, { database, metrics });
  const organization = await openOrganization(rooms, settings.url);
  await letOperatorIn(order, { rooms, organization, dataDir: database.dataDir });
  await publishStandingDocuments(rooms, settings.origin);
  await keepEventKeys(rooms);
  return { rooms, organization };
}

/** Checkpoints of the audit trail, with their copies in a directory of their own and in the log. */
function keepCheckpoints(
  { settings, log }: Start,
  place: { rooms: Rooms; organization: Organization; dataDir: string },
): CheckpointKeeper {
  return new CheckpointKeeper({
    ...place.rooms,
    copies: new CheckpointFiles(auditDirOf(settings, place.dataDir)),
    logOrigin: logOriginOf(settings.origin),
    organizationId: place.organization.id,
    onSigned: ({ size, note }) => log.info({ message: 'checkpoint', size, note }),
  });
}

async function letOperatorIn(
  { settings, log }: Start,
  place: { rooms: Rooms; organization: Organization; dataDir: string },
): Promise<void> {
  const given = settings.adminToken?.reveal();
  const text = await admitOperator(place.rooms, { organizationId: place.organization.id, given });
  if (text === null) return;
  const path = await writeAdminToken(place.dataDir, text);
  log.info({ message: 'The first API token was written to a file that only you can read.', path });
}
