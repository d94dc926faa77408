import { clientIdBesideDid, parseDidWeb } from '../protocol/did-web.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from '../protocol/strict-json.ts';
import { usageFailure } from './failure.ts';
import { looksLikeUrl } from './linted.ts';
import { shortened } from './paint.ts';
import { nameOf, readText } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/** What a person wants to know about, recognized by its form. */
export type Examined =
  | { readonly kind: 'client_id'; readonly value: string; readonly did: string | null }
  | { readonly kind: 'jwt'; readonly value: string };

const compactPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** How a JWT begins: a part that is a JSON object, of which most of the rest may be missing. */
const jwtBeginning = /^eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*$/;
/** Members in which files carry a credential: a client's metadata, and what our API answers. */
const credentialMembers = ['vc+jwt', 'jwt'];

/**
 * Recognizes a URL, a DID, a compact JWT, a file that holds one of them or a JSON document with a
 * credential, and `-` for standard input. A URL of any scheme is examined as a client_id, which it
 * may turn out not to be. Throws a usage failure for anything else.
 */
export async function recognize(
  input: string,
  context: { readonly terminal: Terminal; readonly allowLoopback: boolean },
): Promise<Examined> {
  const typed = recognizeText(input, context);
  if (typed !== null) return typed;
  if (input === '') throw usageFailure('Name a URL, a DID, a compact JWT, a file, or "-".');
  if (jwtBeginning.test(input)) throw usageFailure(`What was typed ${partialJwt}.`);
  const text = (await readText(input, context.terminal)).trim();
  const found = recognizeText(text, context) ?? recognizeJson(text);
  if (found !== null) return found;
  throw usageFailure(
    `${nameOf(input)} holds no URL, DID, compact JWT or credential: it ${whatIs(text)}.`,
  );
}

const partialJwt = 'is part of a compact JWT, which has three parts with dots between them';

/** What a text is that holds nothing to examine. */
function whatIs(text: string): string {
  if (text === '') return 'is empty';
  if (text.startsWith('<')) return 'is HTML or XML';
  if (jwtBeginning.test(text)) return partialJwt;
  const parsed = parseStrictJson(text);
  if (parsed.ok) return 'is JSON without a text in "vc+jwt" or "jwt"';
  return /^[{[]/.test(text) ? `is not JSON (${parsed.faults[0]?.rule})` : 'is something else';
}

function recognizeText(
  text: string,
  { allowLoopback }: { readonly allowLoopback: boolean },
): Examined | null {
  if (text.startsWith('did:')) return recognizeDid(text, allowLoopback);
  if (looksLikeUrl(text) && !/\s/.test(text)) return { kind: 'client_id', value: text, did: null };
  return compactPattern.test(text) ? { kind: 'jwt', value: text } : null;
}

/** A DID is examined by the client_id beside its document; its papers must name the very DID. */
function recognizeDid(text: string, allowLoopback: boolean): Examined {
  const parsed = parseDidWeb(text);
  if (!parsed.ok) {
    throw usageFailure(
      `${shortened(text)} is not a did:web identifier.`,
      parsed.faults.map(({ detail }) => detail),
    );
  }
  const { value } = parsed;
  const scheme = allowLoopback && isLoopbackName(value.host) ? 'http' : 'https';
  const clientId = clientIdBesideDid(value, scheme);
  if (!clientId.ok) throw usageFailure(`${shortened(text)} names an organization, not an agent.`);
  return { kind: 'client_id', value: clientId.value, did: text };
}

function recognizeJson(text: string): Examined | null {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const json: JsonObject = parsed.value;
  const jwt = credentialMembers
    .map((name) => json[name])
    .find((value) => typeof value === 'string');
  return typeof jwt === 'string' ? { kind: 'jwt', value: jwt } : null;
}
