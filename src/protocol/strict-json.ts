import { maxJsonDepth } from './limits.ts';
import { accepted, type Parsed, pointerTo, type Refused, refused, refusedBelow } from './parsed.ts';
import { decodeUtf8 } from './utf8.ts';

/** Any JSON value (RFC 8259 §3). */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];

/** A JSON object; a member that is absent reads as undefined. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** Whether a JSON value is an object: neither an array nor null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON text that every reader must understand the same way. Refuses, beside malformed
 * text: a member named twice in one object, after unescaping (`json-duplicate`); nesting beyond
 * `maxJsonDepth` (`json-depth`); `__proto__`, and `constructor` that holds `prototype`
 * (`json-member`); octets that are not UTF-8, or start with a byte order mark (`json-utf8`);
 * numbers beyond ±(2^53-1), infinite ones, -0, and whole ones with an exponent (`json-number`); lone
 * surrogates (`json-surrogate`). Any other text gives what `JSON.parse` gives. Linear in the input.
 */
export function parseStrictJson(input: string | Uint8Array): Parsed<JsonValue> {
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (text === undefined) return refused('', 'json-utf8', 'not UTF-8, or led by a byte order mark');
  const members = countMembers(text);
  if (typeof members !== 'number') return members;
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('', 'json-syntax', 'not a JSON text');
  }
  const walk: Walk = { members: 0, surrogates: anySurrogate.test(text) };
  const fault = findFault(value, walk);
  if (fault !== undefined) return fault;
  // RFC 8259 §4: with equal names the last one wins for some readers and the first for others.
  return walk.members === members
    ? accepted(value)
    : refused('', 'json-duplicate', 'an object names the same member twice');
}

/** As `parseStrictJson`, for a text whose top level is an object (`json-not-object` otherwise). */
export function parseStrictJsonObject(input: string | Uint8Array): Parsed<JsonObject> {
  const parsed = parseStrictJson(input);
  if (!parsed.ok) return parsed;
  return isJsonObject(parsed.value)
    ? accepted(parsed.value)
    : refused('', 'json-not-object', 'the top level is not an object');
}

const tooDeep = refused('', 'json-depth', `nested deeper than ${maxJsonDepth} levels`);
const unreliableNumber = refused(
  '',
  'json-number',
  'a number that not every reader takes for the same value',
);

/** A surrogate, paired or not, written out or escaped: without one no string needs a look. */
const anySurrogate = /[\ud800-\udfff]|\\u[dD][89a-fA-F]/;
const loneSurrogate = /\p{Surrogate}/u;
const quote = 0x22;
const digitZero = 0x30;
const digitNine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const lowerE = 0x65;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * How many members the text writes down: its colons outside strings. `JSON.parse` keeps one member
 * per name, so fewer members in the value means that a name was repeated. Refuses what the value no
 * longer shows. Text that is not JSON gives anything: `JSON.parse` refuses it.
 */
function countMembers(text: string): number | Refused {
  let members = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i);
    else if (code === colon) members++;
    else if ((code | 0x20) === lowerE && isWholeWithExponent(text, i)) return unreliableNumber;
    else depth += stepOf(code);
    if (depth > maxJsonDepth) return tooDeep;
  }
  return members;
}

/** How much deeper a character outside strings leads. */
function stepOf(code: number): number {
  if (code === openBrace || code === openBracket) return 1;
  return code === closeBrace || code === closeBracket ? -1 : 0;
}

/**
 * Whether the letter at this place is the exponent of a whole number. Readers that want an integer
 * differ about `1E2`: some take 100, some 1, some nothing.
 */
function isWholeWithExponent(text: string, exponent: number): boolean {
  if (!isDigit(text.charCodeAt(exponent - 1))) return false;
  let start = exponent - 1;
  while (isDigit(text.charCodeAt(start - 1)) || text[start - 1] === '.') start--;
  let end = exponent + 1;
  if (text[end] === '+' || text[end] === '-') end++;
  while (isDigit(text.charCodeAt(end))) end++;
  return Number.isInteger(Number(text.slice(start, end)));
}

function isDigit(code: number): boolean {
  return code >= digitZero && code <= digitNine;
}

/** Index of the quote that ends the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let before = end;
    while (text.charCodeAt(before - 1) === backslash) before--;
    if ((end - before) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

interface Walk {
  members: number;
  readonly surrogates: boolean;
}

function findFault(value: JsonValue, walk: Walk): Refused | undefined {
  if (typeof value === 'string') return findTextFault(value, walk);
  if (typeof value === 'number') return findNumberFault(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (isJsonObject(value)) return findMemberFault(value, walk);
  for (let i = 0; i < value.length; i++) {
    const fault = findFault(value[i] ?? null, walk);
    if (fault !== undefined) return refusedBelow(pointerTo(i), fault);
  }
  return undefined;
}

function findMemberFault(object: JsonObject, walk: Walk): Refused | undefined {
  for (const name of Object.keys(object)) {
    walk.members++;
    const value = object[name] ?? null;
    const fault = findTextFault(name, walk) ?? findNameFault(name, value) ?? findFault(value, walk);
    if (fault !== undefined) return refusedBelow(pointerTo(name), fault);
  }
  return undefined;
}

function findTextFault(text: string, walk: Walk): Refused | undefined {
  return walk.surrogates && loneSurrogate.test(text)
    ? refused('', 'json-surrogate', 'half of a surrogate pair')
    : undefined;
}

function findNumberFault(value: number): Refused | undefined {
  // RFC 8259 §6: beyond ±(2^53-1) readers disagree about the value; RFC 8785 §3.2.2.3 drops -0.
  return Math.abs(value) > Number.MAX_SAFE_INTEGER || Object.is(value, -0)
    ? unreliableNumber
    : undefined;
}

function findNameFault(name: string, value: JsonValue): Refused | undefined {
  const reaches =
    name === '__proto__' ||
    (name === 'constructor' && isJsonObject(value) && Object.hasOwn(value, 'prototype'));
  return reaches
    ? refused('', 'json-member', 'a member name that reaches for object prototypes')
    : undefined;
}
