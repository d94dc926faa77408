import { isJsonMediaType } from '../../protocol/json-media-type.ts';
import type { Parsed } from '../../protocol/parsed.ts';
import { refused } from '../../protocol/parsed.ts';
import type { JsonObject, JsonValue } from '../../protocol/strict-json.ts';
import { parseStrictJson, parseStrictJsonObject } from '../../protocol/strict-json.ts';
import type { FetchedResponse } from '../ports.ts';

/** What is asked for: the one type that every publisher of these documents has. */
export const acceptJson = 'application/json';

/** The object in a response that says it is JSON; rule `content-type` when it says otherwise. */
export function parseJsonDocument(response: FetchedResponse): Parsed<JsonObject> {
  return saysJson(response) ? parseStrictJsonObject(response.body) : notJson;
}

/** As `parseJsonDocument`, for a document that need not be an object. */
export function parseJsonContent(response: FetchedResponse): Parsed<JsonValue> {
  return saysJson(response) ? parseStrictJson(response.body) : notJson;
}

const notJson = refused('', 'content-type', 'the document is not served as JSON');

function saysJson({ headers }: FetchedResponse): boolean {
  return isJsonMediaType(headers.get('content-type') ?? '');
}
