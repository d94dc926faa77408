import { canonicalizeJson } from '../../protocol/canonical-json.ts';
import { maxDocumentBytes, maxJsonDepth } from '../../protocol/limits.ts';
import { type Fault, type Parsed, refused } from '../../protocol/parsed.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../../protocol/strict-json.ts';
import { encodeUtf8 } from '../../protocol/utf8.ts';

const sizeRule = 'metadata-size';
const tooLarge = refused('', sizeRule, `more than ${maxDocumentBytes} bytes in canonical form`);
const foreign = refused('', 'metadata-value', 'not a JSON object of plain values without nulls');

/** Whether pushed metadata were refused for their size. */
export function isTooLarge({ rule }: Fault): boolean {
  return rule === sizeRule;
}

/**
 * Copies client metadata out of an object of the host's, as the strict reader would have read their
 * canonical text (RFC 8785), which has at most 5,120 bytes. Never throws, and costs no more than
 * that text. Rules: `metadata-size`; `metadata-value` for what JSON cannot say, objects of a class,
 * and nulls; those of `parseStrictJson`.
 */
export function parsePushedMetadata(input: unknown): Parsed<JsonObject> {
  const walk = { room: maxDocumentBytes };
  const copy = copySafely(input, walk);
  if (walk.room < 0) return tooLarge;
  if (!isJsonObject(copy)) return foreign;
  const text = encodeUtf8(canonicalizeJson(copy));
  return text.byteLength > maxDocumentBytes ? tooLarge : parseStrictJsonObject(text);
}

interface Walk {
  /** Characters that the canonical text may still have, at the least. */
  room: number;
}

function copySafely(input: unknown, walk: Walk): JsonValue | undefined {
  try {
    // A getter or a proxy may throw, and need not give the same twice.
    return copyValue(input, maxJsonDepth, walk);
  } catch {
    return undefined;
  }
}

/** undefined for what is not copied. */
function copyValue(value: unknown, depth: number, walk: Walk): JsonValue | undefined {
  walk.room -= typeof value === 'string' ? value.length + 2 : 1;
  if (walk.room < 0 || depth < 0) return undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  // RFC 7592 §2.2: to some a null means that the member is left out, and a digest would say it is not.
  if (typeof value !== 'object' || value === null) return undefined;
  return Array.isArray(value) ? copyList(value, depth, walk) : copyMembers(value, depth, walk);
}

function copyList(
  list: readonly unknown[],
  depth: number,
  walk: Walk,
): readonly JsonValue[] | undefined {
  const copies: JsonValue[] = [];
  for (const entry of list) {
    const copy = copyValue(entry, depth - 1, walk);
    if (copy === undefined) return undefined;
    copies.push(copy);
  }
  return copies;
}

function copyMembers(object: object, depth: number, walk: Walk): JsonObject | undefined {
  if (!isPlain(object)) return undefined;
  const copies: [string, JsonValue][] = [];
  for (const name of Object.keys(object)) {
    walk.room -= name.length + 3;
    const copy = copyValue(Reflect.get(object, name), depth - 1, walk);
    if (copy === undefined) return undefined;
    copies.push([name, copy]);
  }
  return Object.fromEntries(copies);
}

/** Whether an object has no prototype but that of every object, of whatever realm. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
