import { rename } from 'node:fs/promises';
import type { ChainHead } from './audit/hash-chain.ts';
import { verifyBackup } from './backup/read-backup.ts';
import { CheckpointFiles } from './checkpoints/checkpoint-file.ts';
import { findMasterKey } from './config/master-key.ts';
import { auditDirOf, type Settings } from './config/settings.ts';
import { applyMigrations } from './db/apply-migrations.ts';
import { expireDocuments, loadBackup } from './db/load-backup.ts';
import { findAuditHead, withUnitOfWork } from './db/open-restored.ts';
import { type ReachedDatabase, withOwnDatabase } from './db/reach-database.ts';
import { withClient } from './db/with-client.ts';
import { journalDir } from './journal/journal-file.ts';
import { type JournalTail, readJournalAfter } from './journal/read-journal.ts';
import { type Replayed, replayRecords } from './journeys/replay-records.ts';
import { systemClock } from './kernel/clock.ts';
import { SealwrightError } from './kernel/sealwright-error.ts';
import { KeySeal } from './keys/key-seal.ts';

/** What is restored, and from what. */
export interface RestoreOptions {
  readonly settings: Settings;
  /** The backup; null replays onto the database as it is, restored by other means. */
  readonly from: string | null;
  /** Whether the journal is replayed; its directory, or null for the one of the settings. */
  readonly replay: { readonly dir: string | null } | null;
  /** Goes on although records are missing from the journal. */
  readonly despiteGaps: boolean;
  readonly log: (message: string) => void;
}

/** What a restore did. */
export interface Restored extends Replayed {
  readonly backup: { readonly createdAt: string; readonly release: string } | null;
  /** The last audit record of the state that was restored. */
  readonly restoredAt: number;
  /** Records of the journal that were not replayed; a service refuses to start while there are any. */
  readonly unreplayed: number;
  /** Sequences that no file of the journal has. */
  readonly missing: readonly number[];
  /** Where the former journal was put, when the trail does not go on from its end. */
  readonly journalSetAside: string | null;
}

/** Without a journal nobody knows how many lists were opened since. */
const listsSkippedBlindly = 999;
/** One may have been opened by a transaction that no journal heard of. */
const listsSkipped = 1;

/**
 * Restores a registry: loads a backup into an unused database, and takes back again what was taken
 * back since. Throws `start-refused` with the reason, and `invalid-input` for a backup that is not
 * whole; an interrupted restore is run again, or finished by a replay.
 */
export async function restoreRegistry(options: RestoreOptions): Promise<Restored> {
  const { settings, from, log } = options;
  const manifest = from === null ? null : await verifyBackup(from);
  const place = { dataDir: settings.dataDir, databaseUrl: settings.databaseUrl?.reveal(), log };
  return withOwnDatabase(place, async (reached) => {
    const { connectionString, dataDir } = reached;
    const given = settings.masterKey;
    const key = await findMasterKey({ given, dataDir, databaseExists: true });
    const masterKey = key.reveal();
    const auditDir = auditDirOf(settings, dataDir);
    const dir = options.replay?.dir ?? journalDir(auditDir);
    const tailOf = async (head: ChainHead) => {
      const tail = await readJournalAfter(dir, head);
      if (options.replay !== null && !options.despiteGaps) await refuseGaps(auditDir, head, tail);
      return tail;
    };
    // Before anything is loaded: a journal that does not fit leaves the database unused.
    if (manifest !== null && from !== null) {
      await tailOf(manifest.audit);
      const maxConnections = settings.databasePool;
      await loadBackup({ path: from, manifest, connectionString, masterKey, maxConnections });
    } else await applyMigrations(connectionString);
    const { records, headHash } = await findAuditHead(connectionString);
    const head = { sequence: records, hash: headHash };
    const backup = manifest && { createdAt: manifest.createdAt, release: manifest.release };
    const tail = await tailOf(head);
    const found = { backup, restoredAt: head.sequence, missing: tail.missing };
    if (options.replay === null && tail.records.length > 0) {
      const unreplayed = tail.records.length;
      return { ...found, ...nothingReplayed, unreplayed, journalSetAside: null };
    }
    const done = await replay(reached, { head, tail, seal: new KeySeal(masterKey), from });
    return { ...found, ...done, unreplayed: 0, journalSetAside: await setAside(dir, tail) };
  });
}

const nothingReplayed: Replayed = { reinserted: 0, replayed: {}, indicesBurned: 0, lost: [] };

interface ReplayOrder {
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly tail: JournalTail;
  readonly seal: KeySeal;
  readonly from: string | null;
}

async function replay(
  { connectionString }: ReachedDatabase,
  { head, tail, seal, from }: ReplayOrder,
): Promise<Replayed> {
  if (from === null) {
    if (tail.records.length === 0) {
      throw new SealwrightError(
        'start-refused',
        'The journal has nothing that the database lacks: there is nothing to replay.',
      );
    }
    await withClient(connectionString, expireDocuments);
  }
  const { createVeramoIdentityProvider } = await import('./veramo/veramo-identity-provider.ts');
  const identities = createVeramoIdentityProvider({ seal });
  const skipped = tail.records.length === 0 ? listsSkippedBlindly : listsSkipped;
  return withUnitOfWork(connectionString, systemClock, (work) =>
    replayRecords(
      { work, identities, clock: systemClock },
      { head, ...tail, listsSkipped: skipped },
    ),
  );
}

/** Records may be missing between others, or at the end, where only a checkpoint tells of them. */
async function refuseGaps(
  auditDir: string,
  head: ChainHead,
  { records, missing }: JournalTail,
): Promise<void> {
  const last = records.at(-1)?.sequence ?? head.sequence;
  const signed = (await new CheckpointFiles(auditDir).last())?.size ?? 0;
  const lacks =
    missing.length > 0
      ? `The journal lacks ${missing.length} records, such as ${missing[0]}.`
      : `The journal ends with record ${last}, and the last checkpoint has ${signed}.`;
  if (missing.length === 0 && signed <= last) return;
  throw new SealwrightError(
    'start-refused',
    `${lacks} Put the files of all processes into one directory; with --despite-gaps the others are replayed, and the audit trail goes on without the missing ones and what follows them.`,
  );
}

/** A service would find its database behind a journal whose end was not put back. */
async function setAside(dir: string, tail: JournalTail): Promise<string | null> {
  if (tail.linked === tail.records.length) return null;
  const aside = `${dir}-before-${systemClock.now().toISOString().replaceAll(/[-:.]/g, '')}`;
  await rename(dir, aside);
  return aside;
}
