import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { renderPairs } from './paint.ts';
import { readJsonObject } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** A schema is never changed: adding one under a name that is there is its next version. */
export const schemaAdd: Command = {
  words: 'schema add',
  summary: 'define a credential type, or its next version',
  example: 'schema add clearance.json --name security-clearance',
  arguments: [{ form: '<file>', help: 'the JSON Schema of its claims; "-" reads standard input' }],
  options: [
    { form: '--name <name>', help: 'such as security-clearance', required: true },
    { form: '--description <text>', help: 'what it says about an agent' },
    serverOption,
  ],
  run: async (call) => {
    const body = members({
      name: call.text('name'),
      schema: await readJsonObject(call.argument(0), call.terminal),
      description: call.text('description'),
    });
    const type = await call.api().call({ method: 'POST', path: '/schemas', body });
    const headline = `${textIn(type, 'name')} has version ${String(type['version'])}\n`;
    const pairs = [
      ['type', textIn(type, 'type')],
      ['published', textIn(type, 'url')],
    ] as const;
    return call.print(type, () => headline + renderPairs(pairs));
  },
};
