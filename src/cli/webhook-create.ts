import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** The secret is the data: alone on standard output, so that it can go straight into a secret store. */
export const webhookCreate: Command = {
  words: 'webhook create',
  summary: 'have a URL told what happens; its secret is shown once',
  example: 'webhook create --url https://hooks.acme.com/sealwright --event credential.revoked',
  options: [
    { form: '--url <url>', help: 'where messages are sent, https', required: true },
    { form: '--event <type>', help: 'what is told (default: everything)', repeated: true },
    { form: '--description <text>', help: 'what it is for' },
    serverOption,
  ],
  run: async (call) => {
    const body = members({
      url: call.text('url'),
      events: call.list('event'),
      description: call.text('description'),
    });
    const webhook = await call.api().call({ method: 'POST', path: '/webhooks', body });
    if (!call.json) call.say(`Webhook ${textIn(webhook, 'id')}: the secret is shown this once.`);
    return call.print(webhook, () => `${textIn(webhook, 'secret')}\n`);
  },
};
