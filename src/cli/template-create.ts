import type { Command } from './command.ts';
import { readJsonObject } from './read-file.ts';
import { serverOption } from './server-option.ts';
import { printTemplate } from './template-get.ts';

/** The file holds what the API takes, without the name. */
export const templateCreate: Command = {
  words: 'template create',
  summary: 'say once how a kind of agent is onboarded',
  example: 'template create worker --file worker.json',
  arguments: [{ form: '<name>', help: 'its name; it never changes' }],
  options: [
    {
      form: '--file <file>',
      help: 'JSON: kind, defaults, credentials, approval; "-" reads standard input',
      required: true,
    },
    serverOption,
  ],
  run: async (call) => {
    const content = await readJsonObject(call.text('file') ?? '-', call.terminal);
    const body = { ...content, name: call.argument(0) };
    return printTemplate(call, await call.api().call({ method: 'POST', path: '/templates', body }));
  },
};
