import type { AuditRecord } from '../audit/audit-event.ts';
import { type ChainHead, hashRecord } from '../audit/hash-chain.ts';

/** An audit record as the journal keeps it: all that its place in the chain rests upon. */
export type JournalEntry = Pick<AuditRecord, 'sequence' | 'previousHash' | 'hash' | 'body'>;

/** The first line of a file: up to this head, the files before it have every record. */
export interface JournalHeading {
  readonly journal: 1;
  readonly complete: ChainHead;
}

/** The entry as a line of JSON, with its line feed. */
export function writeEntry({ sequence, previousHash, hash, body }: JournalEntry): string {
  return `${JSON.stringify({ sequence, previousHash, hash, body })}\n`;
}

/** The heading as a line of JSON, with its line feed. */
export function writeHeading({ sequence, hash }: ChainHead): string {
  const heading: JournalHeading = { journal: 1, complete: { sequence, hash } };
  return `${JSON.stringify(heading)}\n`;
}

/**
 * The entry on a line; null for a line that is torn, altered or something else. The hash is of the
 * body, so the sequence beside it has to be the one in the body.
 */
export function readEntry(line: string): JournalEntry | null {
  const json = parseLine(line);
  if (!isHead(json) || !('previousHash' in json && 'body' in json)) return null;
  const { sequence, hash, previousHash, body } = json;
  if (typeof previousHash !== 'string' || typeof body !== 'string') return null;
  if (hashRecord(previousHash, body) !== hash || sequenceIn(body) !== sequence) return null;
  return { sequence, previousHash, hash, body };
}

/** What the heading of a file says; null for any other line. */
export function readHeading(line: string): ChainHead | null {
  const json = parseLine(line);
  if (typeof json !== 'object' || json === null) return null;
  if (!('journal' in json && 'complete' in json) || json.journal !== 1) return null;
  return isHead(json.complete) ? json.complete : null;
}

function isHead(json: unknown): json is ChainHead {
  if (typeof json !== 'object' || json === null) return false;
  if (!('sequence' in json && 'hash' in json)) return false;
  return Number.isSafeInteger(json.sequence) && typeof json.hash === 'string';
}

function sequenceIn(body: string): unknown {
  const json = parseLine(body);
  return typeof json === 'object' && json !== null && 'sequence' in json ? json.sequence : null;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
