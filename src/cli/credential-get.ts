import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { renderPairs } from './paint.ts';
import { serverOption } from './server-option.ts';

/** A credential of any state, with its JWT once it is signed. */
export const credentialGet: Command = {
  words: 'credential get',
  summary: 'print one credential',
  example: 'credential get crd_01k… --json',
  arguments: [{ form: '<id>', help: 'the credential' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/credentials/${encodeURIComponent(call.argument(0))}`;
    return printCredential(call, await call.api().call({ method: 'GET', path }));
  },
};

/** Prints a credential as the API answers it: whole as JSON, in the lines that matter for people. */
export function printCredential(call: Invocation, credential: JsonObject): ExitCode {
  return call.print(credential, (paint) => {
    const head = `${paint('bold', textIn(credential, 'id'))} is ${textIn(credential, 'state')}\n`;
    const status = credential['status'];
    const place = isJsonObject(status)
      ? `list ${textIn(status, 'list')}, index ${textIn(status, 'index')}`
      : '';
    const pairs: (readonly [string, string])[] = [
      ['type', textIn(credential, 'type')],
      ['agent', textIn(credential, 'agent')],
      ['from', textIn(credential, 'validFrom')],
      ['until', textIn(credential, 'validUntil')],
      ['renews', textIn(credential, 'renewsAt')],
      ['renewal of', textIn(credential, 'renewalOf')],
      ['renewed by', textIn(credential, 'renewedBy')],
      ['reason', textIn(credential, 'reason')],
      ['status', place],
      ['url', textIn(credential, 'url')],
      ['jwt', textIn(credential, 'jwt')],
    ];
    return head + renderPairs(pairs.filter(([, value]) => value !== ''));
  });
}
