import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';

/** The same object without the members that are undefined. */
export function members(
  object: Readonly<Record<string, JsonValue | readonly string[] | undefined>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}
