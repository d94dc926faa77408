import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation, Parameter } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { serverOption } from './server-option.ts';

/** Where the keys of the organization are. */
export const issuerKeysPath = '/organization/keys';

/** The key that a command is about. */
export const issuerKeyArgument: Parameter = {
  form: '<key>',
  help: 'its id, its kid or its thumbprint',
};

/** A command that changes the organization's own keys in one call. */
export function changeIssuerKey(
  action: 'prepare' | 'rotate' | 'activate' | 'retire',
  summary: string,
): Command {
  const named = action === 'activate' || action === 'retire';
  return {
    words: `issuer-key ${action}`,
    summary,
    example: named ? `issuer-key ${action} key_01k9…` : `issuer-key ${action}`,
    ...(named && { arguments: [issuerKeyArgument] }),
    options: [serverOption],
    run: async (call) => {
      const body = named ? { action, key: call.argument(0) } : { action };
      const key = await call.api().call({ method: 'POST', path: issuerKeysPath, body });
      return printIssuerKey(call, key);
    },
  };
}

/** One key, and what comes next for it. */
export function printIssuerKey(call: Invocation, key: JsonObject): ExitCode {
  return call.print(key, () => `${issuerKeyLine(key)}\n  kid   ${textIn(key, 'kid')}\n`);
}

/** A key, its state and its next step in one line. */
export function issuerKeyLine(key: JsonObject): string {
  const next = nextStepIn(key);
  return `${textIn(key, 'id')} is ${textIn(key, 'state')}${next === '' ? '' : `; next: ${next}`}`;
}

/** The next step in words, such as `activate after 2026-11-20T12:10:10.000Z`. */
export function nextStepIn(key: JsonObject): string {
  const step = key['nextStep'];
  if (!isJsonObject(step)) return '';
  const at = textIn(step, 'at');
  const when = at === '' ? '' : ` ${step['automatic'] === true ? 'at' : 'after'} ${at}`;
  return `${textIn(step, 'action')}${when}${step['automatic'] === true ? ', by itself' : ''}`;
}
