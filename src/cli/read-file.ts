import { readFile } from 'node:fs/promises';
import { isJsonObject, type JsonObject, parseStrictJson } from '../protocol/strict-json.ts';
import { usageFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** The text of a file, or of standard input for `-`. */
export async function readText(path: string, terminal: Terminal): Promise<string> {
  if (path === '-') return terminal.readInput();
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw usageFailure(`The file ${path} cannot be read (${code}).`);
  }
}

/** The JSON object in a file, or on standard input for `-`. */
export async function readJsonObject(path: string, terminal: Terminal): Promise<JsonObject> {
  const parsed = parseStrictJson(await readText(path, terminal));
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  const places = parsed.ok ? ['it is not an object'] : parsed.faults.map(({ detail }) => detail);
  throw usageFailure(`${path} does not hold a JSON object.`, places);
}
