import { createReadStream } from 'node:fs';
import { isJsonObject, type JsonObject, parseStrictJson } from '../protocol/strict-json.ts';
import { type CommandFailure, usageFailure } from './failure.ts';
import { shortened } from './paint.ts';
import type { Terminal } from './terminal.ts';

/** Nothing that is read as text here is near to this: papers, policies, claims, tables, tokens. */
const maxTextBytes = 1_048_576;

/** The text of a file, or of standard input for `-`; a usage failure for more than 1 MiB. */
export async function readText(path: string, terminal: Terminal): Promise<string> {
  const octets = await readOctets(path, { terminal, maxBytes: maxTextBytes });
  if (octets !== undefined) return new TextDecoder().decode(octets);
  throw usageFailure(`${nameOf(path)} is larger than ${maxTextBytes} octets; no more is read.`);
}

/** What a path is called in a sentence. */
export function nameOf(path: string): string {
  return path === '-' ? 'Standard input' : `The file ${shortened(path)}`;
}

/**
 * The octets of a file, or of standard input for `-`; undefined when there are more than `maxBytes`,
 * of which no more are read.
 */
export async function readOctets(
  path: string,
  { terminal, maxBytes }: { readonly terminal: Terminal; readonly maxBytes: number },
): Promise<Uint8Array | undefined> {
  const source = path === '-' ? terminal.inputOctets() : createReadStream(path, { end: maxBytes });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) return undefined;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return Buffer.concat(chunks, bytes);
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'permission is denied',
  ENAMETOOLONG: 'no file has a name that long',
};

function unreadable(path: string, cause: unknown): CommandFailure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
  const why = causes[code] === undefined ? '' : `: ${causes[code]}`;
  return usageFailure(`${nameOf(path)} cannot be read${why} (${code}).`);
}

/** The JSON object in a file, or on standard input for `-`. */
export async function readJsonObject(path: string, terminal: Terminal): Promise<JsonObject> {
  const parsed = parseStrictJson(await readText(path, terminal));
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  const places = parsed.ok ? ['it is not an object'] : parsed.faults.map(({ detail }) => detail);
  throw usageFailure(`${path} does not hold a JSON object.`, places);
}
