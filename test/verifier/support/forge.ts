import { encodeBase64url } from '../../../src/protocol/base64url.ts';
import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../../src/protocol/utf8.ts';
import { createKey, type PaperWorld, type TestKey } from './paper-world.ts';

/** JSON, a text or octets: what one part of a token is made of. */
export type Content = object | string | Uint8Array;

/** The parts of a token that are not as the issuer would write them. */
export interface Parts {
  readonly header?: Content;
  readonly payload?: Content;
  readonly key?: TestKey;
}

/** Makes a token that is no credential. */
export type Forger = (world: PaperWorld) => Promise<unknown>;

/** A forged token, and the fault for which it is refused before anybody is asked. */
export type Forgery = readonly [
  name: string,
  forger: Forger,
  /** Pointer and rule. */
  fault: string,
];

/** One part of a token, in base64url. */
export function partOf(content: Content): string {
  if (content instanceof Uint8Array) return encodeBase64url(content);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return encodeBase64url(encodeUtf8(text));
}

/** The header as the issuer writes it, with these members changed. */
export function headerOf(world: PaperWorld, changes: JsonObject = {}): JsonObject {
  return { alg: 'ES256', kid: world.kidOf(world.issuerKey), typ: 'vc+jwt', cty: 'vc', ...changes };
}

/** The signature of a key over these very characters: 64 octets. */
export async function signatureOver(input: string, key: TestKey): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = key.alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' };
  const octets = encodeUtf8(input);
  return new Uint8Array(await globalThis.crypto.subtle.sign(algorithm, key.privateKey, octets));
}

/** A signing input with its genuine signature. */
export async function seal(input: string, key: TestKey): Promise<string> {
  return `${input}.${encodeBase64url(await signatureOver(input, key))}`;
}

/**
 * A token whose signature is genuine, over whatever its parts are: what refuses it is not the
 * signature.
 */
export async function forge(world: PaperWorld, parts: Parts = {}): Promise<string> {
  const { header = headerOf(world), payload = await world.passport(), key } = parts;
  return seal(`${partOf(header)}.${partOf(payload)}`, key ?? world.issuerKey);
}

/** A genuine signature under a header with these members changed. */
export function under(changes: JsonObject): Forger {
  return (world) => forge(world, { header: headerOf(world, changes) });
}

/** A genuine signature under a header that is written out. */
export function underText(write: (header: string) => Content): Forger {
  return (world) => forge(world, { header: write(JSON.stringify(headerOf(world))) });
}

/** A genuine signature over a payload with these members changed. */
export function over(changes: JsonObject): Forger {
  return async (world) => forge(world, { payload: { ...(await world.passport()), ...changes } });
}

/** A genuine signature over a payload that is written out. */
export function overText(write: (payload: string) => Content): Forger {
  return async (world) => forge(world, { payload: write(JSON.stringify(await world.passport())) });
}

/** The three parts of a genuine token, put together in another way. */
export function rewritten(
  write: (parts: { readonly h: string; readonly p: string; readonly s: string }) => unknown,
): Forger {
  return async (world) => {
    const [h = '', p = '', s = ''] = (await forge(world)).split('.');
    return write({ h, p, s });
  };
}

/** A token whose genuine signature, by a key that the issuer lists, is given another form. */
export function reshaped(
  reshape: (signature: Uint8Array) => Uint8Array,
  alg: TestKey['alg'] = 'ES256',
): Forger {
  return async (world) => {
    const key = await createKey(alg);
    world.publishIssuer([world.issuerKey, key]);
    const header = headerOf(world, { alg, kid: world.kidOf(key) });
    const input = `${partOf(header)}.${partOf(await world.passport())}`;
    return `${input}.${encodeBase64url(reshape(await signatureOver(input, key)))}`;
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The part with the lowest bit of its last letter turned around: spare, unless 3 divides it. */
export function withSpareBit(part: string): string {
  return `${part.slice(0, -1)}${alphabet[alphabet.indexOf(part.slice(-1)) ^ 1]}`;
}
