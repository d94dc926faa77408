import { canonicalizeJson } from '../protocol/canonical-json.ts';
import { type JsonValue, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { SeenDocument } from './approvals.ts';

/** One member that differs; `before` or `after` is absent where the member is. */
export interface MemberChange {
  readonly member: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** What differs between two documents of a client, and between the keys of their passports. */
export interface DocumentChanges {
  /** In the order of the members' names. */
  readonly members: readonly MemberChange[];
  /** RFC 7638 thumbprints. */
  readonly keys: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** Compares member by member; against null every member is new. */
export function changesBetween(before: SeenDocument | null, after: SeenDocument): DocumentChanges {
  const [old, young] = [membersOf(before), membersOf(after)];
  const names = [...new Set([...old.keys(), ...young.keys()])].sort();
  const members = names
    .map((member) => changeOf(member, old.get(member), young.get(member)))
    .filter((change) => change !== undefined);
  const known = before?.keys ?? [];
  return {
    members,
    keys: {
      added: after.keys.filter((key) => !known.includes(key)),
      removed: known.filter((key) => !after.keys.includes(key)),
    },
  };
}

function membersOf(seen: SeenDocument | null): ReadonlyMap<string, JsonValue> {
  const parsed = parseStrictJsonObject(seen?.document ?? '{}');
  return new Map(parsed.ok ? Object.entries(parsed.value) : []);
}

function changeOf(
  member: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): MemberChange | undefined {
  if (before === undefined) return after === undefined ? undefined : { member, after };
  if (after === undefined) return { member, before };
  return canonicalizeJson(before) === canonicalizeJson(after)
    ? undefined
    : { member, before, after };
}
