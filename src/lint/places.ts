import { pointerTo } from '../protocol/parsed.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import type { Subject } from './subject.ts';

/** What a rule of a target looks for: JSON Pointers to where it is broken. */
export type Find = (subject: Subject) => readonly string[];

/** The document as a whole, where this holds. */
export function when(holds: (subject: Subject) => boolean): Find {
  return (subject) => (holds(subject) ? [''] : []);
}

/** The document, where none of these members is a text or an array with something in it. */
export function withoutAny(...names: readonly string[]): Find {
  return when(({ json }) => names.every((name) => isEmpty(json[name])));
}

/** Those of these members that the document has. */
export function present(...names: readonly string[]): Find {
  return ({ json }) => names.filter((name) => Object.hasOwn(json, name)).map(pointerTo);
}

/** A member, where it is there and this holds of its value. */
export function member(name: string, holds: (value: JsonValue, subject: Subject) => boolean): Find {
  return (subject) => {
    const value = Object.hasOwn(subject.json, name) ? subject.json[name] : undefined;
    return value !== undefined && holds(value, subject) ? [pointerTo(name)] : [];
  };
}

/** Those of these members that are there, and of whose values this holds. */
export function members(
  names: readonly string[],
  holds: (value: JsonValue, subject: Subject) => boolean,
): Find {
  return (subject) => names.flatMap((name) => member(name, holds)(subject));
}

/** The entries of a list for which this holds. */
export function entries(
  name: string,
  holds: (entry: JsonValue, subject: Subject) => boolean,
): Find {
  return (subject) => {
    const list = subject.json[name];
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry: JsonValue, at) =>
      holds(entry, subject) ? [`${pointerTo(name)}${pointerTo(at)}`] : [],
    );
  };
}

/** A text that is not one of these. */
export function noneOf(...texts: readonly string[]): (value: JsonValue) => boolean {
  return (value) => typeof value === 'string' && !texts.includes(value);
}

/** A list with entries, of which none is one of these. */
export function sharesNone(...texts: readonly string[]): (value: JsonValue) => boolean {
  return (value) =>
    Array.isArray(value) && value.length > 0 && !value.some((entry) => texts.includes(entry));
}

/** The URL in a value, if it is one. */
export function urlIn(value: JsonValue | undefined): URL | undefined {
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
}

/** Whether a URL is at the origin of the document; true where that is not known. */
export function isSameOrigin(value: JsonValue, { url }: Subject): boolean {
  const own = urlIn(url);
  const other = urlIn(value);
  return own === undefined || other === undefined || own.origin === other.origin;
}

/** Whether the document leaves out what the value would say: absent, null, or empty. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) && value.length === 0;
}

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a URL leads to the machine of whoever follows it. */
export function isLoopbackUrl(value: JsonValue): boolean {
  return loopbackHosts.has(urlIn(value)?.hostname ?? '');
}

/** Names for a message: at most five, each cut to a length that fits a line. */
export function namesOf(places: readonly string[]): string {
  const names = places.slice(0, 5).map((place) => place.slice(1, 61));
  return [...names, ...(places.length > 5 ? [`${places.length - 5} more`] : [])].join(', ');
}
