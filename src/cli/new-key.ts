import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Invocation } from './command.ts';
import { usageFailure } from './failure.ts';
import { openKeyFile } from './key-file.ts';
import { members } from './members.ts';
import { readJsonObject } from './read-file.ts';

/** For commands after which an agent has another key. */
export const newKeyOptions = [
  {
    form: '--jwk <file>',
    help: 'the new public key, for an agent that holds its own; "-" reads it',
  },
  { form: '--key-file <file>', help: 'store a private key that is handed out there, mode 0600' },
] as const;

/** The body of a call that may bring a key along. */
export async function withNewKey(
  call: Invocation,
  body: Readonly<Record<string, string | undefined>>,
): Promise<JsonObject> {
  const jwk = call.text('jwk');
  return members({
    ...body,
    jwk: jwk === undefined ? undefined : await readJsonObject(jwk, call.terminal),
  });
}

/**
 * Asks for the change, and stores the private key that the answer hands out. The file is made before
 * the call, so that a folder that cannot be written costs no key.
 */
export async function storingNewKey(
  call: Invocation,
  ask: () => Promise<JsonObject>,
): Promise<JsonObject> {
  const path = call.text('keyFile');
  if (path === undefined) {
    const answer = await ask();
    if (answer['privateJwk'] !== undefined) {
      call.say('The private key below is shown this once and kept nowhere.');
    }
    return answer;
  }
  if (existsSync(path)) throw usageFailure(`The key file ${path} is there already.`);
  const file = await openKeyFile(path);
  let written = false;
  try {
    const { privateJwk, ...answer } = await ask();
    if (privateJwk === undefined) return answer;
    await file.writeFile(`${JSON.stringify(privateJwk, null, 2)}\n`);
    written = true;
    return { ...answer, keyFile: path };
  } finally {
    await file.close();
    if (!written) await unlink(path);
  }
}
