import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { keysPath, printKeys } from './key-list.ts';
import { newKeyOptions, storingNewKey, withNewKey } from './new-key.ts';
import { serverOption } from './server-option.ts';

const pollMs = 2_000;

/** Ends once the rotation has begun; with `--wait`, once the agent may use its new key. */
export const keyRotate: Command = {
  words: 'key rotate',
  summary: 'replace the key of an agent, with both accepted for a while',
  example: 'key rotate billing-bot --key-file ./keys/billing-bot.next.jwk.json --overlap P1D',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [
    ...newKeyOptions,
    { form: '--overlap <duration>', help: 'how long both are accepted: P1D (default), PT10M' },
    { form: '--wait', help: 'end only when the agent may use the new key' },
    serverOption,
  ],
  run: async (call) => {
    const path = keysPath(call.argument(0));
    const body = await withNewKey(call, { overlap: call.text('overlap') });
    const begun = await storingNewKey(call, () => call.api().call({ method: 'POST', path, body }));
    if (!call.flag('wait')) return printKeys(call, begun);
    const { privateJwk, keyFile } = begun;
    const kept = {
      ...(privateJwk === undefined ? {} : { privateJwk }),
      ...(keyFile === undefined ? {} : { keyFile }),
    };
    return printKeys(call, { ...(await untilUsable(call, begun)), ...kept });
  },
};

async function untilUsable(call: Invocation, begun: JsonObject): Promise<JsonObject> {
  let keys = begun;
  let said = '';
  while (isPending(keys)) {
    const next = nextOf(keys);
    if (next !== said) call.say(next);
    said = next;
    await sleep(pollMs);
    keys = await call.api().call({ method: 'GET', path: keysPath(call.argument(0)) });
  }
  return keys;
}

function isPending({ rotation }: JsonObject): boolean {
  const step = isJsonObject(rotation) ? textIn(rotation, 'nextStep') : '';
  return step === 'published' || step === 'activated';
}

function nextOf({ rotation }: JsonObject): string {
  if (!isJsonObject(rotation)) return '';
  return `Next: ${textIn(rotation, 'nextStep')}, from ${textIn(rotation, 'nextStepAt')} on.`;
}
