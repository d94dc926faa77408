import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { BackupManifest, BackupPart, BackupRow } from './backup-manifest.ts';

/** Rows of one table, in the order of the file. */
export interface BackupRows {
  readonly table: string;
  readonly rows: readonly BackupRow[];
}

const rowsPerBatch = 500;

/**
 * Reads a backup to its end and compares every part with its digest. Throws `invalid-input` for a
 * file that is cut off, altered or no backup at all.
 */
export async function verifyBackup(path: string): Promise<BackupManifest> {
  const digests = new Map<string, { hash: Hash; rows: number }>();
  let part: { hash: Hash; rows: number } | undefined;
  let manifest: BackupManifest | null = null;
  for await (const line of readLines(path)) {
    if (manifest !== null) throw invalid('goes on after its end');
    if (line.startsWith('[')) {
      if (part === undefined) throw invalid('begins with a row');
      part.hash.update(line).update('\n');
      part.rows += 1;
      continue;
    }
    const control = parseControl(line);
    if ('manifest' in control) manifest = control.manifest;
    else {
      if (digests.has(control.part)) throw invalid('has a table twice');
      part = { hash: createHash('sha256'), rows: 0 };
      digests.set(control.part, part);
    }
  }
  if (manifest === null) throw invalid('has no end: it was cut off, or never finished');
  compareParts(manifest, digests);
  return manifest;
}

/** A table with its lines as they were found. */
type FoundParts = ReadonlyMap<string, { readonly hash: Hash; readonly rows: number }>;

function compareParts({ parts }: BackupManifest, found: FoundParts): void {
  if (found.size !== parts.length) throw invalid('has other tables than it says');
  for (const expected of parts) comparePart(expected, found.get(expected.name));
}

function comparePart(
  expected: BackupPart,
  found: { readonly hash: Hash; readonly rows: number } | undefined,
): void {
  const same = found?.rows === expected.rows && found.hash.digest('hex') === expected.sha256;
  if (!same) throw invalid(`is not as it was written: the table ${expected.name} differs`);
}

/** The rows of a backup that was verified, in batches. */
export async function* readBackupRows(path: string): AsyncGenerator<BackupRows> {
  let table = '';
  let rows: BackupRow[] = [];
  for await (const line of readLines(path)) {
    const isRow = line.startsWith('[');
    if (isRow) rows.push(parseRow(line));
    if (rows.length > 0 && (!isRow || rows.length === rowsPerBatch)) {
      yield { table, rows };
      rows = [];
    }
    if (isRow) continue;
    const control = parseControl(line);
    if ('part' in control) table = control.part;
  }
}

async function* readLines(path: string): AsyncGenerator<string> {
  const gunzip = createGunzip().setEncoding('utf8');
  pipeline(createReadStream(path), gunzip, () => undefined);
  let rest = '';
  try {
    for await (const chunk of gunzip) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    throw unreadable(cause);
  }
  if (rest !== '') throw invalid('has no end: it was cut off');
}

type Control = { readonly part: string } | { readonly manifest: BackupManifest };

function parseControl(line: string): Control {
  const json = parseJson(line);
  if (typeof json !== 'object' || json === null) throw invalid('has a line that is none of ours');
  if ('part' in json && typeof json.part === 'string') return { part: json.part };
  if (!('manifest' in json && 'sha256' in json)) throw invalid('has a line that is none of ours');
  const text = JSON.stringify(json.manifest);
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (sha256 !== json.sha256) throw invalid('has a manifest that was altered');
  if (isManifest(json.manifest)) return { manifest: json.manifest };
  throw invalid('was written by another release, in a form that this one does not know');
}

/** Anybody can make the digest of a text; whoever writes our format and version keeps to our shape. */
function isManifest(json: unknown): json is BackupManifest {
  if (typeof json !== 'object' || json === null || !('format' in json && 'version' in json)) {
    return false;
  }
  const { format, version } = json;
  const isOurs = format === 'sealwright-backup' && version === 1;
  const isWhole = 'parts' in json && 'migrations' in json && 'audit' in json;
  return isOurs && isWhole && Array.isArray(json.parts) && Array.isArray(json.migrations);
}

function parseRow(line: string): BackupRow {
  const json = parseJson(line);
  if (!Array.isArray(json)) throw invalid('has a row that is none');
  return json.map((value: unknown) => (value === null ? null : String(value)));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalid('has a line that is no JSON');
  }
}

function unreadable(cause: unknown): SealwrightError {
  if (cause instanceof SealwrightError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
  const detail = `The backup cannot be read, or is not whole (${code}).`;
  return new SealwrightError('invalid-input', detail, { cause });
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('invalid-input', `The file ${fault}.`);
}
