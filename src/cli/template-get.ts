import type { JsonObject } from '../protocol/strict-json.ts';
import type { Command, Invocation } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { printableJson } from './paint.ts';
import { serverOption } from './server-option.ts';

/** One template, whole: there is no shorter way to say what it says. */
export const templateGet: Command = {
  words: 'template get',
  summary: 'print one template',
  example: 'template get worker',
  arguments: [{ form: '<name>', help: 'the template' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/templates/${encodeURIComponent(call.argument(0))}`;
    return printTemplate(call, await call.api().call({ method: 'GET', path }));
  },
};

/** Prints a template as the API answers it, for people and programs alike. */
export function printTemplate(call: Invocation, template: JsonObject): ExitCode {
  return call.print(template, () => `${printableJson(template)}\n`);
}
