// CIMD-02 §4: application/json, or a type of the +json family.
const jsonType = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json[\t ]*(?:;|$)/i;

/** Whether the value of a Content-Type field says JSON: `application/json` or `application/…+json`. */
export function isJsonMediaType(contentType: string): boolean {
  return jsonType.test(contentType);
}
