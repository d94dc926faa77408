import { unwatchFile, watchFile } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { type Parsed, refused } from '../../protocol/parsed.ts';
import { type Approval, type ApprovalStore, countPending } from '../approvals.ts';
import { freezeDeeply } from '../intake/presentation.ts';
import { pick } from '../memory-approvals.ts';
import { parseApprovals, renderApprovals } from '../parse-approvals.ts';
import { writeAtomically } from './write-atomically.ts';

/** How a file of approvals is kept. */
export interface ApprovalsFileOptions {
  /** Called when the file, changed by somebody else, was read again or cannot be used. */
  readonly onReload?: (read: Parsed<readonly Approval[]>) => void;
  /** How often the file is looked at, in milliseconds; 2,000 unless given. */
  readonly everyMs?: number;
}

/** An `ApprovalStore` in a file, until it is closed. */
export interface ApprovalsFile extends ApprovalStore {
  /** Reads the file now, changed or not. */
  reload(): Promise<Parsed<readonly Approval[]>>;
  close(): void;
}

const usualPauseMs = 2_000;

/**
 * Keeps approvals in a file, and answers from memory. Every change is written to the disk before it
 * counts, by replacing the file. A file that is broken is never overwritten: opening it rejects, and
 * one that breaks or disappears later makes every question fail until it is mended. What others
 * write to it is read within two seconds, and before every change; only one process at a time may
 * make changes, and a change rejects that would leave an entry which cannot be read. A file that is
 * not there is made.
 *
 * @throws Error, from the promise, that says what is wrong with the file.
 */
export async function openApprovalsFile(
  path: string,
  { onReload = () => undefined, everyMs = usualPauseMs }: ApprovalsFileOptions = {},
): Promise<ApprovalsFile> {
  const file = new FileOfApprovals(path);
  await file.open();
  const changed = (): void => {
    file.refresh().then(
      (read) => read !== undefined && onReload(read),
      () => undefined,
    );
  };
  watchFile(path, { interval: everyMs, persistent: false }, changed);
  return {
    find: (names) => pick(file.held(), names),
    all: () => [...file.held().values()],
    update: (name, change) => file.update(name, change),
    reload: () => file.reload(),
    close: () => unwatchFile(path, changed),
  };
}

type Entries = ReadonlyMap<string, Approval>;

class FileOfApprovals {
  readonly #path: string;
  #held: Parsed<Entries> = { ok: true, value: new Map() };
  /** What the file looked like when it was last read or written. */
  #mark = '';
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<void> {
    if ((await this.#look()) === '') await this.#write(new Map());
    const read = await this.reload();
    if (!read.ok) throw unusable(this.#path, read);
  }

  held(): Entries {
    if (this.#held.ok) return this.#held.value;
    throw unusable(this.#path, this.#held);
  }

  reload(): Promise<Parsed<readonly Approval[]>> {
    return this.#next(() => this.#read());
  }

  /** Reads the file if somebody else changed it; undefined if nobody did. */
  refresh(): Promise<Parsed<readonly Approval[]> | undefined> {
    return this.#next(async () => ((await this.#look()) === this.#mark ? undefined : this.#read()));
  }

  update(
    name: string,
    change: Parameters<ApprovalStore['update']>[1],
  ): Promise<Approval | undefined> {
    return this.#next(async () => {
      if ((await this.#look()) !== this.#mark) await this.#read();
      const entries = this.held();
      const next = change(entries.get(name), { pending: countPending(entries.values()) });
      if (next === undefined) return entries.get(name);
      const kept = freezeDeeply(structuredClone(next));
      checkReadable(kept);
      await this.#write(new Map([...entries, [name, kept]]));
      return kept;
    });
  }

  /** One after the other, whatever becomes of the one before. */
  #next<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #read(): Promise<Parsed<readonly Approval[]>> {
    const mark = await this.#look();
    const read = await this.#parse();
    this.#mark = mark;
    this.#held = read.ok
      ? { ok: true, value: new Map(read.value.map((entry) => [entry.name, entry])) }
      : read;
    return read;
  }

  async #parse(): Promise<Parsed<readonly Approval[]>> {
    try {
      return freezeDeeply(parseApprovals(await readFile(this.#path, 'utf8')));
    } catch (error) {
      return refused('', 'approvals-unreadable', `cannot be read (${codeOf(error)})`);
    }
  }

  async #write(entries: Entries): Promise<void> {
    await writeAtomically(this.#path, renderApprovals(entries.values()));
    this.#mark = await this.#look();
    this.#held = { ok: true, value: entries };
  }

  /** Tells one state of the file from another; empty when there is no file. */
  async #look(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.#path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? '' : `unknown: ${codeOf(error)}`;
    }
  }
}

/** What could not be read again would have nobody pass any more. */
function checkReadable(entry: Approval): void {
  const read = parseApprovals(renderApprovals([entry]));
  if (read.ok) return;
  const [fault] = read.faults;
  throw new TypeError(`This is no approval: ${fault?.pointer} ${fault?.detail}`);
}

function unusable(path: string, { faults }: Exclude<Parsed<never>, { ok: true }>): Error {
  const [fault] = faults;
  return new Error(`The approvals in ${path} cannot be used: ${fault?.pointer} ${fault?.detail}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
