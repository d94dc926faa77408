import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** The token is the data: alone on standard output, so that it can go straight into a secret store. */
export const organizationCreate: Command = {
  words: 'organization create',
  summary: 'create an organization (platform tokens only); prints its first token, once',
  example: 'organization create --name Payments --contact pay@acme.com --path payments',
  options: [
    { form: '--name <text>', help: 'what it is called', required: true },
    { form: '--contact <mailbox>', help: 'stands in the documents of its agents', required: true },
    { form: '--path <name>', help: 'its base URL is {origin}/o/{name}' },
    { form: '--base-url <origin>', help: 'its base URL is an origin of its own' },
    serverOption,
  ],
  run: async (call) => {
    const body = members({
      name: call.text('name'),
      contact: call.text('contact'),
      path: call.text('path'),
      baseUrl: call.text('baseUrl'),
    });
    const made = await call.api().call({ method: 'POST', path: '/organizations', body });
    if (!call.json) {
      call.say(`${textIn(made, 'did')} at ${textIn(made, 'baseUrl')} (${textIn(made, 'id')}).`);
      call.say('This is its first token, and the only time it is shown.');
    }
    return call.print(made, () => `${textIn(made, 'token')}\n`);
  },
};
