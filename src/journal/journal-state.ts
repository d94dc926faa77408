import { type ChainHead, genesisHash } from '../audit/hash-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import { type FileReach, listJournalFiles, readEntries, readReach } from './journal-file.ts';

/** What the files of a directory hold together. */
export class JournalState {
  /** Up to here nothing is missing. */
  complete: ChainHead = { sequence: 0, hash: genesisHash };
  /** The highest entry there is. */
  last: ChainHead = this.complete;
  readonly #beyond = new Map<number, JournalEntry>();

  /** Reads the ends of all files, and whole only those that reach beyond what is known complete. */
  static async read(dir: string): Promise<JournalState> {
    const state = new JournalState();
    const paths = await listJournalFiles(dir);
    const reaches: FileReach[] = [];
    for (const path of paths) reaches.push(await readReach(path));
    for (const { complete } of reaches) {
      if (complete.sequence > state.complete.sequence) state.complete = complete;
    }
    state.last = state.complete;
    const base = state.complete.sequence;
    for (const { path, last } of reaches) {
      if (last === null || last.sequence <= base) continue;
      for await (const entry of readEntries(path)) state.add(entry);
    }
    return state;
  }

  has(sequence: number): boolean {
    return sequence <= this.complete.sequence || this.#beyond.has(sequence);
  }

  /** Notes an entry that is on disk. */
  add(entry: JournalEntry): void {
    if (this.has(entry.sequence)) return;
    this.#beyond.set(entry.sequence, entry);
    if (entry.sequence > this.last.sequence) this.last = headOf(entry);
    for (;;) {
      const next = this.#beyond.get(this.complete.sequence + 1);
      if (next === undefined || next.previousHash !== this.complete.hash) return;
      this.#beyond.delete(next.sequence);
      this.complete = headOf(next);
    }
  }
}

function headOf({ sequence, hash }: JournalEntry): ChainHead {
  return { sequence, hash };
}
