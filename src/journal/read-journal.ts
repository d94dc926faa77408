import type { AuditEvent, AuditRecord, EventId } from '../audit/audit-event.ts';
import type { ChainHead } from '../audit/hash-chain.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../protocol/strict-json.ts';
import type { JournalEntry } from './journal-entry.ts';
import { listJournalFiles, readEntries, readReach } from './journal-file.ts';

/** A record with what its hashed body says beside the columns. */
export interface JournalRecord extends AuditRecord, Pick<AuditEvent, 'reason' | 'details'> {}

/** What the files of a directory have of the chain after a head. */
export interface JournalTail {
  /** In order; those after a gap are not linked to those before it. */
  readonly records: readonly JournalRecord[];
  /** How many of them, from the first on, are linked to the head and to each other. */
  readonly linked: number;
  /** Sequences that no file has, though a later one is there. */
  readonly missing: readonly number[];
}

/** Numbers that are named one by one; how many more there are is clear from the records. */
const mostMissing = 100;

/**
 * Reads what follows `head`, from all files of the directory. Throws `start-refused` when the files
 * are of another chain, or of two.
 */
export async function readJournalAfter(dir: string, head: ChainHead): Promise<JournalTail> {
  const entries = new Map<number, JournalEntry>();
  for (const path of await listJournalFiles(dir)) {
    const { last } = await readReach(path);
    if (last === null || last.sequence <= head.sequence) continue;
    for await (const entry of readEntries(path)) {
      if (entry.sequence > head.sequence) addEntry(entries, entry);
    }
  }
  const ordered = [...entries.values()].sort((one, other) => one.sequence - other.sequence);
  return { ...follow(head, ordered), records: ordered.map(readRecord) };
}

function addEntry(entries: Map<number, JournalEntry>, entry: JournalEntry): void {
  const known = entries.get(entry.sequence);
  if (known !== undefined && known.hash !== entry.hash) throw otherChain(entry.sequence);
  entries.set(entry.sequence, entry);
}

function follow(
  head: ChainHead,
  ordered: readonly JournalEntry[],
): Pick<JournalTail, 'linked' | 'missing'> {
  const missing: number[] = [];
  let linked = 0;
  let last = head;
  for (const [place, entry] of ordered.entries()) {
    const isNext = entry.sequence === last.sequence + 1;
    if (isNext && entry.previousHash !== last.hash) throw otherChain(entry.sequence);
    for (let gap = last.sequence + 1; gap < entry.sequence; gap += 1) {
      // However far the next one is.
      if (missing.length >= mostMissing) break;
      missing.push(gap);
    }
    if (missing.length === 0) linked = place + 1;
    last = entry;
  }
  return { linked, missing };
}

function readRecord({ sequence, previousHash, hash, body }: JournalEntry): JournalRecord {
  const json = parseStrictJsonObject(body);
  if (!json.ok) throw new TypeError(`The record ${sequence} is not an audit record.`);
  const { reason, details, actor } = json.value;
  return {
    ...{ sequence, previousHash, hash, body },
    id: textOf(json.value, 'id') as EventId,
    at: new Date(textOf(json.value, 'at')),
    organizationId: textOf(json.value, 'organizationId'),
    action: textOf(json.value, 'action'),
    subject: textOf(json.value, 'subject'),
    ...whoOf(actor),
    reason: typeof reason === 'string' ? reason : null,
    details: isJsonObject(details) ? detailsOf(details) : {},
  };
}

/** Who acted, by id, and in which request; null where the record does not say. */
function whoOf(actor: JsonValue | undefined): Pick<JournalRecord, 'actor' | 'requestId'> {
  if (!isJsonObject(actor)) return { actor: null, requestId: null };
  const from = isJsonObject(actor['from']) ? actor['from'] : {};
  return { actor: textOf(actor, 'id') || null, requestId: textOf(from, 'requestId') || null };
}

/** What is neither a plain value nor a list of texts says nothing to this release. */
function detailsOf(json: JsonObject): JournalRecord['details'] {
  const known: Record<string, string | number | boolean | null | readonly string[]> = {};
  for (const [name, value] of Object.entries(json)) {
    if (Array.isArray(value)) known[name] = value.filter((one) => typeof one === 'string');
    else if (typeof value !== 'object' || value === null) known[name] = value;
  }
  return known;
}

function textOf(json: JsonObject, name: string): string {
  const value = json[name];
  return typeof value === 'string' ? value : '';
}

function otherChain(sequence: number): SealwrightError {
  return new SealwrightError(
    'start-refused',
    `The journal is not that of this registry, or of two that went apart: record ${sequence} does not follow.`,
  );
}
