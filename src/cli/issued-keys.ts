import { access, readFile, unlink } from 'node:fs/promises';
import { makeKeyPair } from '../kernel/make-key-pair.ts';
import type { ManifestAgent } from '../manifest/manifest.ts';
import { parsePublicJwk } from '../protocol/jwk.ts';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { type CommandFailure, usageFailure } from './failure.ts';
import { keyPath, openKeyFile } from './key-file.ts';

/** An agent with the public half of the key that is in a file for it. */
export interface KeyedAgent {
  readonly agent: ManifestAgent;
  /** null for an agent whose key is no file of ours. */
  readonly keyFile: string | null;
  /** Whether the file is new. */
  readonly made: boolean;
}

/**
 * The agent with a key of its own for the custody `issued`. The pair is made here and in its file
 * before the service hears of it, so nothing that ends in between loses a key: the next run finds the
 * file, and uses it. A file is never overwritten.
 */
export async function withIssuedKey(
  agent: ManifestAgent,
  keysDir: string | undefined,
): Promise<KeyedAgent> {
  if (agent.keyCustody === 'enrolment') {
    const path = tokenPath(keysDir, agent.handle);
    if (!(await exists(path))) return withoutKey(agent);
    throw usageFailure(`The file ${path} is there already: move it, or name another --keys-dir.`);
  }
  if (agent.keyCustody !== 'issued' || agent.jwk !== undefined) return withoutKey(agent);
  if (keysDir === undefined) throw noFolder(agent.handle);
  const keyFile = keyPath(keysDir, agent.handle);
  const made = !(await exists(keyFile));
  if (made) await makeKeyFile(keyFile);
  return { agent: { ...agent, jwk: await publicHalfOf(keyFile) }, keyFile, made };
}

/** An agent that gets no file. */
export function withoutKey(agent: ManifestAgent): KeyedAgent {
  return { agent, keyFile: null, made: false };
}

/** Takes away the file of an agent that was refused, if it was made for it. */
export async function withdrawKey({ keyFile, made }: KeyedAgent): Promise<void> {
  if (keyFile !== null && made) await unlink(keyFile);
}

/** Puts the token of an enrolment where its owner alone reads it; gives the path. */
export async function keepToken(
  token: string,
  place: { readonly keysDir: string | undefined; readonly handle: string },
): Promise<string> {
  const path = tokenPath(place.keysDir, place.handle);
  const file = await openKeyFile(path);
  try {
    await file.writeFile(`${token}\n`);
  } finally {
    await file.close();
  }
  return path;
}

function tokenPath(keysDir: string | undefined, handle: string): string {
  if (keysDir === undefined) throw noFolder(handle);
  return keyPath(keysDir, handle, 'enrolment');
}

function noFolder(handle: string): CommandFailure {
  return usageFailure(`${handle} gets a secret: say where it goes by --keys-dir.`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function makeKeyFile(path: string): Promise<void> {
  const file = await openKeyFile(path);
  try {
    const { privateKey } = makeKeyPair('P-256');
    await file.writeFile(`${JSON.stringify(privateKey.export({ format: 'jwk' }), null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function publicHalfOf(path: string): Promise<JsonObject> {
  const parsed = parseStrictJsonObject(await readFile(path));
  const { kty, crv, x, y } = parsed.ok ? parsed.value : {};
  const jwk = parsePublicJwk({ kty, crv, x, ...(y === undefined ? {} : { y }) });
  if (jwk.ok) return { ...jwk.value };
  throw usageFailure(`The key file ${path} is there already, and holds no key that can be used.`);
}
