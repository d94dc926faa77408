import type { Fault } from '../protocol/parsed.ts';
import { pointerTo } from '../protocol/parsed.ts';

/** The members of an object, by name. */
export type Members = Readonly<Record<string, unknown>>;

/** Collects what is wrong while the rest of a policy is read on: all faults at once. */
export interface Reading {
  readonly pointer: string;
  readonly faults: Fault[];
}

/** A text that is not empty; rule `policy-text`. */
export function readText(reading: Reading, input: unknown): string {
  if (typeof input !== 'string' || input === '') {
    report(reading, 'policy-text', 'must be a text that is not empty');
    return '';
  }
  return input;
}

/** A number within bounds, both included; rule `policy-number`. */
export function readNumber(
  reading: Reading,
  input: unknown,
  bounds: { readonly floor: number; readonly ceiling: number },
): number {
  const number = typeof input === 'number' ? input : Number.NaN;
  if (!(number >= bounds.floor && number <= bounds.ceiling)) {
    report(reading, 'policy-number', `must be from ${bounds.floor} to ${bounds.ceiling}`);
  }
  return number;
}

/** Reads one value at a place, and reports what is wrong with it. */
export type Read<Value> = (reading: Reading, input: unknown) => Value;

/** As `readList`, and at least one; rule `policy-empty`. */
export function readSome<Value>(
  reading: Reading,
  input: unknown,
  read: Read<Value>,
): readonly Value[] {
  if (Array.isArray(input) && input.length === 0) {
    report(reading, 'policy-empty', 'must name at least one: an empty list vouches for nothing');
  }
  return readList(reading, input, read);
}

/** Every item of a list; rule `policy-list`. */
export function readList<Value>(
  reading: Reading,
  input: unknown,
  read: Read<Value>,
): readonly Value[] {
  if (!Array.isArray(input)) {
    report(reading, 'policy-list', 'must be a list');
    return [];
  }
  return input.map((item: unknown, index) => read(below(reading, index), item));
}

/** The members of an object that has no others than these; rules `policy-object`, `policy-unknown`. */
export function readMembers(reading: Reading, input: unknown, known: readonly string[]): Members {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    report(reading, 'policy-object', 'must be an object');
    return {};
  }
  for (const name of Object.keys(input)) {
    if (!known.includes(name)) {
      report(below(reading, name), 'policy-unknown', `is not one of ${known.join(', ')}`);
    }
  }
  return Object.fromEntries(Object.entries(input));
}

/** A member that may be absent, and then stays so. */
export function optional<Name extends string, Value>(
  name: Name,
  members: Members,
  read: (value: unknown) => Value,
): { readonly [Member in Name]?: Value } {
  const value = members[name];
  const present: { [Member in Name]?: Value } = {};
  if (value !== undefined) {
    present[name] = read(value);
  }
  return present;
}

/** The place of a member of what is read. */
export function below(reading: Reading, member: string | number): Reading {
  return { pointer: `${reading.pointer}${pointerTo(member)}`, faults: reading.faults };
}

/** Says what is wrong at this place. */
export function report(reading: Reading, rule: string, detail: string): void {
  reading.faults.push({ pointer: reading.pointer, rule, detail });
}
