import type { IncomingHttpHeaders } from 'node:http';
import { accepted, type Parsed, pointerTo, refused } from '../protocol/parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import type { Answer } from './answer.ts';
import type { Refusal } from './problems.ts';
import type { Mode, Question, Ruling } from './ruling.ts';

/** What a product sent. The body is empty for a hook that reads headers. */
export interface HookRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

/** What hooks need to know to read a request. */
export interface Desk {
  /** The client_id behind the name that the product has for a client; the name itself if none is. */
  readonly clientIdOf: (name: string) => string;
  /** The scope parameter for these tokens, without those that are the server's own affair. */
  readonly scopeOf: (tokens: readonly string[]) => string;
  /** true when http://localhost may be read (development only). */
  readonly allowLoopback: boolean;
}

/** A route that speaks the language of one product: how it asks, and how it is answered. */
export interface Hook {
  readonly path: string;
  /**
   * `body`: POST with a JSON object. `headers`: any method, also at every path below, and the body
   * is not looked at.
   */
  readonly reads: 'body' | 'headers';
  /** Milliseconds from the request to the answer; below what the product waits for by default. */
  readonly answerWithinMs: number;
  readonly read: (request: HookRequest, desk: Desk) => Parsed<Question>;
  /** The ruling in the product's own words; `question` is null when it was not even read. */
  readonly render: (ruling: Ruling, question: Question | null) => Answer;
  /** How a request that cannot be judged is refused; a problem document unless given. */
  readonly refuse?: (refusal: Refusal, mode: Mode) => Answer;
}

/** The member at a path of names, or undefined. */
export function memberAt(body: JsonObject, path: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = body;
  for (const name of path) {
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** The text at a path, which must be there and not be empty. */
export function textAt(body: JsonObject, path: readonly string[]): Parsed<string> {
  const found = memberAt(body, path);
  return typeof found === 'string' && found !== ''
    ? accepted(found)
    : refused(path.map(pointerTo).join(''), 'member-text', 'must be a text that is not empty');
}

/** The texts at a path: an array of them, or none when the member is absent or null. */
export function textsAt(body: JsonObject, path: readonly string[]): Parsed<readonly string[]> {
  const found = memberAt(body, path) ?? null;
  const texts = found === null ? [] : found;
  return Array.isArray(texts) && texts.every((text) => typeof text === 'string')
    ? accepted(texts)
    : refused(path.map(pointerTo).join(''), 'member-texts', 'must be an array of texts');
}

/** The question about a client by the product's name for it. */
export function questionAbout(
  name: Parsed<string>,
  tokens: Parsed<readonly string[]>,
  desk: Desk,
): Parsed<Question> {
  if (!name.ok) return name;
  if (!tokens.ok) return tokens;
  const value = desk.clientIdOf(name.value);
  return accepted({ kind: 'client_id', value, scope: desk.scopeOf(tokens.value) });
}
