import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { enrolmentProofInput } from '../protocol/enrolment-proof.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import { printAgent } from './agent-get.ts';
import { type ApiClient, textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { countOf } from './count-of.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CommandFailure } from './failure.ts';
import { type HeldKey, openHeldKey } from './held-key.ts';
import { members } from './members.ts';
import { readText } from './read-file.ts';
import { serverOption } from './server-option.ts';

const pollMs = 2_000;
const defaultPatienceS = 3_600;

/**
 * The agent's side of an enrolment. It may be repeated: the same key gets the same answer. Exit 3
 * while the key awaits approval.
 */
export const agentEnrol: Command = {
  words: 'agent enrol',
  summary: 'get an identity for a one-time token, with a key of your own',
  example: 'agent enrol --token-file token --key-file key.jwk.json --handle billing-bot --wait',
  options: [
    {
      form: '--token-file <file>',
      help: 'the enrolment token; "-" reads standard input',
      required: true,
    },
    {
      form: '--key-file <file>',
      help: 'the private key as a JWK; made there, mode 0600, when absent (default key.jwk.json)',
    },
    { form: '--handle <handle>', help: 'where the enrolment leaves it open' },
    { form: '--name <text>', help: 'where the enrolment leaves it open' },
    {
      form: '--audience <url>',
      help: 'the base URL of the registry, where it differs from the server',
    },
    { form: '--wait', help: 'until somebody has approved the key' },
    {
      form: '--give-up-after <seconds>',
      help: `how long to wait (default ${defaultPatienceS})`,
    },
    serverOption,
  ],
  run: async (call) => {
    const patienceS = countOf(call.text('giveUpAfter'), '--give-up-after') ?? defaultPatienceS;
    const token = (await readText(call.text('tokenFile') ?? '-', call.terminal)).trim();
    const keyFile = call.text('keyFile') ?? 'key.jwk.json';
    const key = await openHeldKey(keyFile, call.terminal);
    const api = call.openApi();
    const audience = call.text('audience') ?? api.server;
    const ask = () => api.call({ method: 'POST', path: '/enrol', body: bodyOf() });
    const bodyOf = () =>
      members({
        ...{ token, jwk: { ...key.publicJwk }, proof: proofOf(key, token, audience) },
        ...{ handle: call.text('handle'), name: call.text('name') },
      });
    const first = await ask();
    if (!isWaiting(first)) return printAgent(call, { ...first, keyFile });
    if (!call.flag('wait')) return printWaiting(call, first);
    call.say(`The key ${key.thumbprint} awaits approval of ${textIn(first, 'enrolment')}.`);
    const last = await waitFor(ask, first, patienceS * 1_000);
    return isWaiting(last) ? printWaiting(call, last) : printAgent(call, { ...last, keyFile });
  },
};

function proofOf(key: HeldKey, token: string, audience: string): string {
  const { algorithm, thumbprint } = key;
  const tokenHash = createHash('sha256').update(token).digest('base64url');
  const input = enrolmentProofInput({ algorithm, thumbprint, audience, tokenHash, at: new Date() });
  return `${input}.${key.sign(input)}`;
}

function isWaiting(answer: JsonObject): boolean {
  return textIn(answer, 'state') === 'awaiting-approval';
}

/** Asks until the answer is another one, or in the end gives the last; a restart costs no more. */
async function waitFor(
  ask: () => ReturnType<ApiClient['call']>,
  first: JsonObject,
  patienceMs: number,
): Promise<JsonObject> {
  const deadline = Date.now() + patienceMs;
  let last = first;
  while (isWaiting(last) && Date.now() < deadline) {
    await delay(pollMs);
    try {
      last = await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
  return last;
}

function isPassing(error: unknown): boolean {
  const codes = ['server-unreachable', 'storage-unavailable', 'conflict-retry'];
  return error instanceof CommandFailure && codes.includes(error.code);
}

function printWaiting(call: Invocation, answer: JsonObject): ExitCode {
  call.print(answer, (paint) => {
    const id = textIn(answer, 'enrolment');
    return `${paint('bold', id)} awaits approval until ${textIn(answer, 'expiresAt')}\n`;
  });
  return exitCodes.undetermined;
}
