import type { Settings } from './config/settings.ts';
import { openDocuments } from './db/open-database.ts';
import { openDiskCopy, startFollowing } from './follow.ts';
import { createHealthApp } from './http/app.ts';
import { startListeners } from './http/listeners.ts';
import { createLog, type Logger } from './http/log.ts';
import { arrangePlanes } from './http/planes.ts';
import { systemClock } from './kernel/clock.ts';
import { Metrics } from './metrics/metrics.ts';
import { DocumentMemory } from './publication/document-memory.ts';
import { createDocumentFollower } from './publication/follow-documents.ts';

const memoryBytes = 256 * 1024 * 1024;

/** A running replica. Disposing of it stops the listeners and closes the database. */
export interface Replica extends AsyncDisposable {
  /** Where the public listener is bound. */
  readonly listening: string;
  /** `/readyz` answers 503 from now on, and connections end with their answers. */
  drain(): void;
}

/**
 * Starts a process of the role `public`: it serves the documents that others publish, follows their
 * changes, writes nothing to the database and holds no key. While the database is away, at its start
 * or later, it serves what it has on disk and in memory, until that expires. Throws `start-refused`
 * with the reason and leaves nothing running.
 */
export async function createReplica(settings: Settings): Promise<Replica> {
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

interface Start {
  readonly settings: Settings;
  readonly log: Logger;
  /** What undoes the start, in order. */
  readonly closers: (() => Promise<void>)[];
}

async function start(order: Start): Promise<Omit<Replica, typeof Symbol.asyncDispose>> {
  const { settings, log, closers } = order;
  const database = await openDocuments({
    dataDir: settings.dataDir,
    databaseUrl: settings.databaseUrl?.reveal(),
    maxConnections: settings.databasePool,
    home: new URL(settings.origin).host,
    log: (message) => log.warn({ message }),
  });
  closers.push(async () => database[Symbol.asyncDispose]());
  const { documents, dataDir } = database;
  const copy = await openDiskCopy(dataDir, log);
  closers.push(() => copy[Symbol.asyncDispose]());
  const memory = new DocumentMemory(documents, { maxBytes: memoryBytes, copy });
  // Where neither copy nor database has them yet, they come with what is followed.
  await memory.readHosts().catch(() => undefined);
  const following = startFollowing(createDocumentFollower({ documents, memory, copy }), log);
  closers.push(following.stop);
  const { origin } = settings;
  const metrics = new Metrics();
  let isDraining = false;
  const app = createHealthApp({
    ...{ origin, log, metrics },
    checkReadiness: async () => [
      { name: 'documents', ok: following.isFollowing() || copy.size > 0 },
      { name: 'database', ok: following.isFollowing(), isNeeded: false },
      ...(isDraining ? [{ name: 'running', ok: false }] : []),
    ],
  });
  const deps = { documents: memory, hosts: memory.hosts, app, metrics, clock: systemClock, origin };
  const listeners = await startListeners(settings, arrangePlanes(settings, deps));
  closers.push(() => listeners.close());
  log.info({ message: 'ready', role: 'public', listening: listeners.publicUrl });
  const drain = (): void => {
    isDraining = true;
    listeners.drain();
  };
  return { listening: listeners.publicUrl, drain };
}
