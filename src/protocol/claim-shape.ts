import { parseDateTimeStamp } from './date-time.ts';
import {
  accepted,
  type Fault,
  type Parsed,
  pointerTo,
  refusedAll,
  refusedBelow,
} from './parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/**
 * A closed description of claims: gives every fault of a value, at a pointer into it, and none when
 * the value is a `T`. The schemas under `schemas/` say the same to everybody else.
 */
export interface Shape<T> {
  (value: JsonValue): readonly Fault[];
  /** Carries `T`; no shape has it. */
  readonly describes?: T;
}

/** The value as a `T`, or every fault, at pointers below `prefix`. Rules: `subject-…`. */
export function parseShape<T>(shape: Shape<T>, value: JsonValue, prefix = ''): Parsed<T> {
  const faults = shape(value);
  return faults.length === 0 ? accepted(value as T) : refusedBelow(prefix, refusedAll(faults));
}

type OptionalKeys<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];
type RequiredShapes<T> = { readonly [K in Exclude<keyof T, OptionalKeys<T>>]: Shape<T[K]> };
type OptionalShapes<T> = {
  readonly [K in OptionalKeys<T>]-?: Shape<Exclude<T[K], undefined>>;
};

/** An object with these members and no others. */
export function objectOf<T extends object>(
  required: RequiredShapes<T>,
  optional: OptionalShapes<T>,
): Shape<T> {
  const shapes = new Map<string, Shape<unknown>>(Object.entries({ ...required, ...optional }));
  const mandatory = Object.keys(required);
  return (value) => {
    if (!isJsonObject(value)) return fault('subject-type', 'must be an object');
    const faults = mandatory
      .filter((name) => !Object.hasOwn(value, name))
      .flatMap((name) => fault('subject-missing-member', `must have the member "${name}"`));
    for (const [name, member] of Object.entries(value)) {
      const shape = shapes.get(name) ?? unknownMember;
      faults.push(...below(name, shape(member)));
    }
    return faults;
  };
}

const unknownMember: Shape<unknown> = () =>
  fault('subject-unknown-member', 'is not a known member');

/** An array of such values, with `min` to `max` of them. */
export function listOf<T>(
  item: Shape<T>,
  bounds: { readonly min: number; readonly max: number; readonly unique?: boolean },
): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return fault('subject-type', 'must be an array');
    if (value.length < bounds.min || value.length > bounds.max) {
      return fault('subject-length', `must have ${bounds.min} to ${bounds.max} entries`);
    }
    if (bounds.unique === true && new Set(value).size < value.length) {
      return fault('subject-length', 'must not repeat an entry');
    }
    return value.flatMap((entry: JsonValue, at) => below(at, item(entry)));
  };
}

// Control characters, line separators and the marks that turn the reading direction of what follows.
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+$/u;

/** Text of 1 to `max` characters (code points) that prints, and that fits the pattern. */
export function text(max: number, pattern: RegExp = printable): Shape<string> {
  return (value) => {
    if (typeof value !== 'string') return fault('subject-type', 'must be a string');
    if (value.length > max && [...value].length > max) {
      return fault('subject-length', `must have at most ${max} characters`);
    }
    return pattern.test(value) ? none : fault('subject-format', 'is not in its format');
  };
}

/** One of these texts. */
export function oneOf<T extends string>(choices: readonly T[]): Shape<T> {
  return (value) =>
    choices.some((choice) => choice === value)
      ? none
      : fault('subject-format', `must be one of ${choices.join(', ')}`);
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Shape<number> {
  return (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? none
      : fault('subject-range', `must be a whole number from ${min} to ${max}`);
}

/** true or false. */
export const flag: Shape<boolean> = (value) =>
  typeof value === 'boolean' ? none : fault('subject-type', 'must be true or false');

/** An object whose members are not judged here. */
export const openObject: Shape<JsonObject> = (value) =>
  isJsonObject(value) ? none : fault('subject-type', 'must be an object');

/** An XSD dateTimeStamp. */
export const dateTime: Shape<string> = (value) =>
  parseDateTimeStamp(value).ok
    ? none
    : fault('subject-format', 'must be a date and time with a time zone');

/**
 * An absolute URI (RFC 3986 §4.3) with a lower-case scheme that does not run or embed anything
 * when it is followed.
 */
export const uriPattern =
  /^(?!(?:javascript|data|vbscript|file|blob|about):)[a-z][a-z0-9+.-]*:[!#-;=?-Z[\]_a-z~]+$/;

/** An absolute URI of at most 2,048 characters. */
export const uri: Shape<string> = text(2_048, uriPattern);

/** A digest such as `sha256:` and 64 lower-case hexadecimal digits. */
export const digest: Shape<string> = text(
  135,
  /^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/,
);

/** A SHA-256 value as base64url: 43 characters, of which the last has its spare bits clear. */
export const sha256Text: Shape<string> = text(43, /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);

const none: readonly Fault[] = [];

function fault(rule: string, detail: string): readonly Fault[] {
  return [{ pointer: '', rule, detail }];
}

function below(member: string | number, faults: readonly Fault[]): readonly Fault[] {
  return faults.map((each) => ({ ...each, pointer: `${pointerTo(member)}${each.pointer}` }));
}
