import { canonicalizeJson } from '../protocol/canonical-json.ts';
import { isJsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { AuditRecord } from './audit-event.ts';
import { ocsfEventOf } from './ocsf.ts';
import { type AuditVerification, type KnownTree, TrailWalk } from './verify-audit-trail.ts';

/** A record that an export shows, or the place of one that is another organization's: its hash. */
export type ExportedRecord = AuditRecord | Pick<AuditRecord, 'sequence' | 'hash'>;

/** The forms that an export comes in, and their media types. */
export const exportFormats = ['jsonl', 'ocsf'] as const;

/** One of the forms. */
export type ExportFormat = (typeof exportFormats)[number];

/**
 * One line of an export, with its line feed. As `jsonl`: `{event, hash, previousHash, sequence}`, whose
 * `event` is the very object that was hashed, or `{hash, sequence}` for a record of others. As `ocsf`:
 * an event of that schema, and nothing for a record of others.
 */
export function exportLine(record: ExportedRecord, format: ExportFormat): string {
  if (!('body' in record)) {
    return format === 'ocsf' ? '' : `{"hash":"${record.hash}","sequence":${record.sequence}}\n`;
  }
  if (format === 'ocsf') return `${JSON.stringify(ocsfEventOf(record))}\n`;
  const { body, hash, previousHash, sequence } = record;
  return `{"event":${body},"hash":"${hash}","previousHash":"${previousHash}","sequence":${sequence}}\n`;
}

/** The line of an export that cannot be read; lines count from 1. */
export class ExportUnreadable extends Error {
  override readonly name = 'ExportUnreadable';
}

/**
 * Checks an export in the form `jsonl` by itself, and against trees that are known. It has to have
 * every record from the first, those of others by their hashes: where one is missing the trail is
 * broken. Throws ExportUnreadable for a line that is none of an export.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  known: readonly KnownTree[],
): Promise<AuditVerification> {
  const walk = new TrailWalk(known, { tiled: false });
  let count = 0;
  for await (const line of lines) {
    count += 1;
    if (line.trim() === '') continue;
    const fault = takeLine(walk, parseLine(line, count));
    if (fault !== null) return walk.broken(fault);
  }
  return walk.end();
}

interface ExportedLine {
  readonly sequence: number;
  readonly hash: string;
  readonly shown: {
    readonly body: string;
    readonly previousHash: string;
    readonly says: unknown;
  } | null;
}

function takeLine(walk: TrailWalk, { sequence, hash, shown }: ExportedLine) {
  if (shown === null) return walk.follow({ sequence, hash });
  const { body, previousHash, says } = shown;
  const fault = walk.chain({ sequence, hash, body, previousHash });
  if (fault !== null || says === sequence) return fault;
  return { at: sequence, detail: 'the record says that it has another number' };
}

function parseLine(line: string, count: number): ExportedLine {
  const json = parseJson(line);
  if (!isJsonObject(json)) throw unreadable(count);
  const { sequence, hash, previousHash, event } = json;
  if (typeof sequence !== 'number' || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) {
    throw unreadable(count);
  }
  if (event === undefined) return { sequence, hash, shown: null };
  if (!isJsonObject(event) || typeof previousHash !== 'string') throw unreadable(count);
  const shown = { body: canonicalizeJson(event), previousHash, says: event['sequence'] };
  return { sequence, hash, shown };
}

function parseJson(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function unreadable(count: number): ExportUnreadable {
  return new ExportUnreadable(`Line ${count} is not a line of an audit export.`);
}
