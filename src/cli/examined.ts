import { clientIdBesideDid, parseDidWeb } from '../protocol/did-web.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from '../protocol/strict-json.ts';
import { usageFailure } from './failure.ts';
import { readText } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/** What a person wants to know about, recognized by its form. */
export type Examined =
  | { readonly kind: 'client_id'; readonly value: string; readonly did: string | null }
  | { readonly kind: 'jwt'; readonly value: string };

const compactPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Members in which files carry a credential: a client's metadata, and what our API answers. */
const credentialMembers = ['vc+jwt', 'jwt'];

/**
 * Recognizes a URL, a DID, a compact JWT, a file that holds one of them or a JSON document with a
 * credential, and `-` for standard input. Throws a usage failure for anything else.
 */
export async function recognize(
  input: string,
  context: { readonly terminal: Terminal; readonly allowLoopback: boolean },
): Promise<Examined> {
  const typed = recognizeText(input, context);
  if (typed !== null) return typed;
  const text = (await readText(input, context.terminal)).trim();
  const found = recognizeText(text, context) ?? recognizeJson(text);
  if (found !== null) return found;
  throw usageFailure(
    `${input} is no URL, DID or compact JWT, and holds none of them and no credential either.`,
  );
}

function recognizeText(
  text: string,
  { allowLoopback }: { readonly allowLoopback: boolean },
): Examined | null {
  if (/^https?:/i.test(text)) return { kind: 'client_id', value: text, did: null };
  if (text.startsWith('did:')) return recognizeDid(text, allowLoopback);
  return compactPattern.test(text) ? { kind: 'jwt', value: text } : null;
}

/** A DID is examined by the client_id beside its document; its papers must name the very DID. */
function recognizeDid(text: string, allowLoopback: boolean): Examined {
  const parsed = parseDidWeb(text);
  if (!parsed.ok) {
    throw usageFailure(
      `${text} is not a did:web identifier.`,
      parsed.faults.map(({ detail }) => detail),
    );
  }
  const { value } = parsed;
  const scheme = allowLoopback && isLoopbackName(value.host) ? 'http' : 'https';
  const clientId = clientIdBesideDid(value, scheme);
  if (!clientId.ok) throw usageFailure(`${text} names an organization, not an agent.`);
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
