import type { AuditReader } from '../audit/audit-trail.ts';
import type { ChainHead } from '../audit/hash-chain.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { JournalEntry } from './journal-entry.ts';
import { JournalFile } from './journal-file.ts';
import { JournalState } from './journal-state.ts';

const maxFileBytes = 64 * 1024 * 1024;
const retryMs = 1_000;
const recordsPerRead = 500;

/** Where the journal is, which chain it follows, and who hears of its troubles. */
export interface AuditJournalDeps {
  readonly dir: string;
  readonly audit: Pick<AuditReader, 'readAfter'>;
  readonly clock: Clock;
  readonly log: (message: string, error?: unknown) => void;
  /** After how many octets a new file is begun; 64 MiB unless told. */
  readonly maxFileBytes?: number;
}

/**
 * The journal of this process. What `keep` resolved for is on disk; while it cannot write, changes
 * are refused before they are made, and it tries again by itself every second.
 */
export class AuditJournal implements AsyncDisposable {
  readonly #deps: AuditJournalDeps;
  readonly #state: JournalState;
  #file: JournalFile | null = null;
  #unwritten: JournalEntry[] = [];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isBehind = false;

  private constructor(deps: AuditJournalDeps, state: JournalState) {
    this.#deps = deps;
    this.#state = state;
  }

  /**
   * Opens the journal and appends what the database has and the files lack. Throws `start-refused`
   * when the files have what the database lacks: it was restored from an older state, or is another
   * one. A directory that cannot be written to is no reason not to start: nothing can be changed then.
   */
  static async open(deps: AuditJournalDeps): Promise<AuditJournal> {
    const journal = new AuditJournal(deps, await readState(deps.dir));
    if (!(await journal.#isInDatabase())) throw refusedBehind(deps.dir, journal.#state.last);
    await journal.#flushed().catch(() => undefined);
    if (journal.isOpen) await journal.catchUp();
    return journal;
  }

  /** Whether changes can be acknowledged now. */
  get isOpen(): boolean {
    return this.#file !== null && !this.#isBehind;
  }

  /** Throws `audit-unavailable` while the database lacks what the journal has. */
  checkDatabase(): void {
    if (this.#isBehind) {
      throw unavailable('The database is older than the audit journal. Nothing was changed.');
    }
  }

  /** Throws `audit-unavailable` while nothing can be appended. */
  checkOpen(): void {
    if (this.#file === null) {
      throw unavailable('The audit journal cannot be written to. Nothing was changed.');
    }
  }

  /**
   * Appends records that are committed; those of calls that come together share one write. Throws
   * `audit-unavailable` when they are not on disk: they are appended as soon as that is possible.
   */
  async keep(records: readonly JournalEntry[]): Promise<void> {
    if (records.length === 0) return;
    this.#unwritten.push(...records);
    await this.#flushed();
  }

  /**
   * Compares with the database, and appends what other processes committed, and what is not known to
   * be here. To be called again and again; a process that is behind recovers when its database does.
   */
  async catchUp(): Promise<void> {
    const wasBehind = this.#isBehind;
    this.#isBehind = !(await this.#isInDatabase());
    if (this.#isBehind !== wasBehind) {
      this.#deps.log(
        this.#isBehind
          ? 'The database is older than the audit journal: nothing is changed or published.'
          : 'The database has what the audit journal has again.',
      );
    }
    while (this.isOpen) {
      const records = await this.#deps.audit.readAfter(
        this.#state.complete.sequence,
        recordsPerRead,
      );
      await this.keep(records.filter(({ sequence }) => !this.#state.has(sequence)));
      if (records.length < recordsPerRead) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#retry);
    await this.#next?.catch(() => undefined);
    await this.#running;
    clearTimeout(this.#retry);
    await this.#file?.close();
    this.#file = null;
  }

  async #isInDatabase(): Promise<boolean> {
    const { complete, last } = this.#state;
    return (await this.#contains(complete)) && (await this.#contains(last));
  }

  async #contains({ sequence, hash }: ChainHead): Promise<boolean> {
    if (sequence === 0) return true;
    const [record] = await this.#deps.audit.readAfter(sequence - 1, 1);
    return record?.sequence === sequence && record.hash === hash;
  }

  /** Resolves when all that is unwritten now was written, by the write after the running one. */
  #flushed(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      const writing = this.#write();
      this.#running = writing.catch(() => undefined);
      return writing;
    });
    return this.#next;
  }

  async #write(): Promise<void> {
    const entries = this.#unwritten.splice(0);
    try {
      const file = await this.#openFile();
      if (entries.length > 0) await file.append(entries);
      for (const entry of entries) this.#state.add(entry);
    } catch (error) {
      this.#unwritten.unshift(...entries);
      await this.#giveUp(error);
      throw unavailable(
        'The change was made, or may have been, and the audit journal could not be written.',
        error,
      );
    }
  }

  async #openFile(): Promise<JournalFile> {
    const { dir, clock } = this.#deps;
    const limit = this.#deps.maxFileBytes ?? maxFileBytes;
    const file = this.#file;
    if (file !== null && file.size < limit) return file;
    const { complete } = this.#state;
    const begun = await JournalFile.create(dir, { complete, at: clock.now() });
    this.#file = begun;
    if (file === null && this.#retry !== undefined) {
      this.#retry = undefined;
      this.#deps.log('The audit journal can be written to again.');
    }
    await file?.close();
    return begun;
  }

  /** A file in which a write failed may end in a torn line, and so is not written again. */
  async #giveUp(error: unknown): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (this.#retry === undefined) {
      this.#deps.log(
        'The audit journal cannot be written to: nothing is changed meanwhile.',
        error,
      );
    }
    this.#retry = setTimeout(() => void this.#flushed().catch(() => undefined), retryMs).unref();
    await file?.close().catch(() => undefined);
  }
}

/** A directory that cannot be read is as bad as one that cannot be written to, and says nothing. */
async function readState(dir: string): Promise<JournalState> {
  try {
    return await JournalState.read(dir);
  } catch (cause) {
    throw new SealwrightError(
      'start-refused',
      `The audit journal in ${dir} cannot be read, so that nobody knows whether the database is complete.`,
      { cause },
    );
  }
}

function refusedBehind(dir: string, last: ChainHead): SealwrightError {
  return new SealwrightError(
    'start-refused',
    `The database lacks what the audit journal in ${dir} has (record ${last.sequence}): it was restored from an older state, or belongs to another journal. Run "sealwright restore --replay" to bring back what was revoked since, or set SEALWRIGHT_AUDIT_DIR to the journal of this database.`,
  );
}

function unavailable(detail: string, cause?: unknown): SealwrightError {
  return new SealwrightError('audit-unavailable', detail, cause === undefined ? {} : { cause });
}
