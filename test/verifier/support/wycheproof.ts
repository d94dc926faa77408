import { existsSync, readFileSync } from 'node:fs';
import { decodeBase64url } from '../../../src/protocol/base64url.ts';
import type { CompactJws } from '../../../src/protocol/compact-jws.ts';
import { parseCompactJws } from '../../../src/protocol/compact-jws.ts';
import { parseJwks } from '../../../src/protocol/jwks.ts';
import { maxJwtBytes } from '../../../src/protocol/limits.ts';
import {
  isJsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../../../src/protocol/strict-json.ts';
import { createSignatures } from '../../../src/verifier/resolve/signatures.ts';

const folder = '../shared/vectors/wycheproof';

/** Whether the vectors of C2SP Wycheproof lie beside the project. */
export const wycheproofIsHere = existsSync(folder);

/** One case of a file: what is presented, and whether it is to be believed. */
export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid';
  /** A compact JWS or JWE, or a JSON serialization of one. */
  readonly jws?: unknown;
  readonly jwe?: unknown;
  /** Hexadecimal digits. */
  readonly msg: string;
  readonly sig: string;
}

/** Cases under one key or key set. */
export interface Group {
  readonly public?: JsonValue;
  readonly private?: JsonValue;
  readonly publicKey: { readonly pk: string; readonly wx: string; readonly wy: string };
  readonly tests: readonly Vector[];
}

/** The groups of one file, in its order. */
export function readGroups(name: string): readonly Group[] {
  return JSON.parse(readFileSync(`${folder}/${name}_test.json`, 'utf8')).testGroups;
}

/** What becomes of a token under a key or a key set. */
export interface Judgement {
  /** `ok`, or why the verifier does not even look at its signature. */
  readonly profile: string;
  /** `verified`, or why its signature is not believed. */
  readonly signature: string;
}

const offered: readonly unknown[] = ['ES256', 'Ed25519', 'EdDSA'];
const signatures = createSignatures();

/**
 * Judges a token twice: as the verifier does, whose profile wants a `typ` and a JSON object that no
 * vector has; and by the verifier's own parts for octets, JSON, keys and signatures with the rules
 * of the profile left out, so that the cryptography has a say in every case.
 */
export async function judge(token: unknown, keys: JsonValue): Promise<Judgement> {
  const parsed = parseCompactJws(token, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  const profile = parsed.ok ? 'ok' : (parsed.faults[0]?.rule ?? '');
  return { profile, signature: await judgeSignature(token, keys) };
}

async function judgeSignature(token: unknown, keys: JsonValue): Promise<string> {
  const jws = readWithoutProfile(token);
  if (jws === undefined) return 'no compact JWS';
  const { alg, kid } = jws.header;
  if (!offered.includes(alg)) return `${alg} is not offered`;
  const set = parseJwks(isJsonObject(keys) && 'keys' in keys ? keys : { keys: [keys] });
  if (!set.ok) return `no key set: ${set.faults[0]?.rule}`;
  const named = set.value.find((key) => key.kid === kid);
  if (named === undefined) return 'no key of this name';
  return (await signatures.verifyOnce(jws, named.jwk)) ? 'verified' : 'not verified';
}

function readWithoutProfile(token: unknown): CompactJws | undefined {
  const parts = typeof token === 'string' ? token.split('.') : [];
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;
  const json = parseStrictJsonObject(header);
  if (!json.ok) return undefined;
  const { alg, kid } = json.value;
  return {
    text: String(token),
    header: { alg: String(alg), kid: String(kid), typ: '' },
    payloadText: '',
    payload: {},
    signature,
  };
}
