import { readFile } from 'node:fs/promises';
import { env } from 'node:process';
import { createLocalKey, type LocalKey } from './local-key.ts';

/** Where a private JWK is: a file, an environment variable that holds its text, or at hand. */
export type KeyPlace =
  | { readonly file: string }
  | { readonly env: string }
  | { readonly jwk: Readonly<Record<string, unknown>> };

/**
 * Reads the agent's private key, as `sealwright agent onboard --keys-dir` stored it. `environment` is
 * where the variable is looked up; the process's own by default.
 *
 * @throws TypeError for a place without a usable private JWK; what is wrong with a file that cannot
 *   be read is as Node says it.
 */
export async function loadKey(
  place: KeyPlace,
  environment: Readonly<Record<string, string | undefined>> = env,
): Promise<LocalKey> {
  if ('jwk' in place) return createLocalKey(place.jwk);
  if ('file' in place) return createLocalKey(parse(await readFile(place.file, 'utf8')));
  const text = environment[place.env];
  if (text === undefined) throw new TypeError(`The variable ${place.env} is not set.`);
  return createLocalKey(parse(text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What JSON.parse says may hold a part of the key.
    throw new TypeError('The key is not a private JWK.');
  }
}
