import { createHash } from 'node:crypto';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';

/** A value is shown up to so many characters of JSON; of what is longer, the digest. */
const mostShown = 200;

/**
 * What a change did to these members, for the details of its record: `{member: {before, after}}` of
 * those that are not what they were. A long value is shown as the SHA-256 of its canonical form
 * (RFC 8785). It is for members that may be shown: callers name them, and never a secret.
 */
export function changesBetween<Thing extends object>(
  before: Thing,
  after: Thing,
  members: readonly (keyof Thing & string)[],
): JsonObject {
  const changes = members.map((member): [string, JsonObject] => {
    return [member, { before: shown(before[member]), after: shown(after[member]) }];
  });
  return Object.fromEntries(
    changes.filter(([, { before: one = null, after: other = null }]) => {
      return canonicalizeJson(one) !== canonicalizeJson(other);
    }),
  );
}

function shown(value: unknown): JsonValue {
  // What is a date or absent is put as JSON has it.
  const json: JsonValue = JSON.parse(JSON.stringify(value ?? null));
  const text = canonicalizeJson(json);
  if (text.length <= mostShown) return json;
  return { sha256: createHash('sha256').update(text).digest('hex') };
}
