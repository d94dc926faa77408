import { readFile } from 'node:fs/promises';
import { accepted, type Parsed, refused } from '../protocol/parsed.ts';
import { isJsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { writeAtomically } from '../verifier/node/write-atomically.ts';
import type { UndeterminedSince } from './sync-clients.ts';

/**
 * What a run remembers for the next one: since when clients have been undetermined. A file that is
 * not there remembers nothing; one that is broken is refused, and not overwritten.
 */
export async function readSyncMemory(path: string): Promise<Parsed<UndeterminedSince>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown';
    return code === 'ENOENT'
      ? accepted(new Map())
      : refused('', 'sync-memory', `the file cannot be read (${String(code)})`);
  }
  const json = parseStrictJsonObject(text);
  const since = json.ok ? json.value['undeterminedSince'] : undefined;
  const entries = isJsonObject(since) ? Object.entries(since) : [];
  const known = entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return isJsonObject(since) && known.length === entries.length
    ? accepted(new Map(known))
    : refused('', 'sync-memory', 'the file is not one that this command wrote');
}

/** Writes it down, in whole or not at all. */
export async function writeSyncMemory(path: string, since: UndeterminedSince): Promise<void> {
  const undeterminedSince = Object.fromEntries(since);
  await writeAtomically(path, `${JSON.stringify({ undeterminedSince })}\n`);
}
