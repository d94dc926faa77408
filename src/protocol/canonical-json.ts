import { isJsonObject, type JsonValue } from './strict-json.ts';

/**
 * The canonical text of a JSON value (RFC 8785): equal values have equal texts.
 * Throws a TypeError for what no JSON text can say, such as NaN or a member that is undefined.
 */
export function canonicalizeJson(value: JsonValue): string {
  if (isJsonObject(value)) {
    // RFC 8785 §3.2.3: members in the order of their names' UTF-16 code units.
    const members = Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalizeJson(value[name] as JsonValue)}`);
    return `{${members.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalizeJson).join(',')}]`;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('a number that JSON cannot say');
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot say');
  return text;
}
