import type { Settings } from './config/settings.ts';
import { openDocuments } from './db/open-database.ts';
import { createHealthApp } from './http/app.ts';
import { startListeners } from './http/listeners.ts';
import { createLog, type Logger } from './http/log.ts';
import { arrangePlanes } from './http/planes.ts';
import { systemClock } from './kernel/clock.ts';
import { DocumentMemory } from './publication/document-memory.ts';
import { createDocumentFollower } from './publication/follow-documents.ts';

const memoryBytes = 256 * 1024 * 1024;
/** A list that was published elsewhere is served here within a second. */
const lookMs = 500;

/** A running replica. Disposing of it stops the listeners and closes the database. */
export interface Replica extends AsyncDisposable {
  /** Where the public listener is bound. */
  readonly listening: string;
}

/**
 * Starts a process of the role `public`: it serves the documents that others publish, follows their
 * changes, writes nothing and holds no key. While the database is away it serves what it has, until
 * that expires. Throws `start-refused` with the reason and leaves nothing running.
 */
export async function createReplica(settings: Settings): Promise<Replica> {
  const log = createLog(settings.logLevel);
  const database = await openDocuments({
    dataDir: settings.dataDir,
    databaseUrl: settings.databaseUrl?.reveal(),
    maxConnections: settings.databasePool,
    home: new URL(settings.origin).host,
    log: (message) => log.warn({ message }),
  });
  try {
    const { documents } = database;
    const memory = new DocumentMemory(documents, { maxBytes: memoryBytes });
    const { origin } = settings;
    // Nothing has to be there beside what is in memory, so it is ready whenever it answers.
    const app = createHealthApp({ origin, log, checkReadiness: async () => [] });
    await memory.readHosts();
    const deps = { documents: memory, hosts: memory.hosts, app, clock: systemClock, origin };
    const listeners = await startListeners(settings, arrangePlanes(settings, deps));
    const stop = startLooking(createDocumentFollower({ documents, memory }), log);
    log.info({ message: 'ready', role: 'public', listening: listeners.publicUrl });
    return {
      listening: listeners.publicUrl,
      [Symbol.asyncDispose]: async () => {
        await listeners.close();
        await stop();
        await database[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks again and again, one look at a time; the log hears when that begins to fail, and ends. */
function startLooking(look: () => Promise<void>, log: Logger): () => Promise<void> {
  let running: Promise<void> | null = null;
  let failing = false;
  const timer = setInterval(() => {
    running ??= look()
      .then(() => {
        if (failing) log.info({ message: 'Changes of the documents are followed again.' });
        failing = false;
      })
      .catch((err: unknown) => {
        if (!failing) log.error({ message: 'Changes of the documents cannot be followed.', err });
        failing = true;
      })
      .finally(() => {
        running = null;
      });
  }, lookMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
