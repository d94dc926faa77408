import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** The new secret is the data; for a day messages are signed by the former one, too. */
export const webhookRotateSecret: Command = {
  words: 'webhook rotate-secret',
  summary: 'give a webhook a new secret; it is shown once',
  example: 'webhook rotate-secret whk_01k…',
  arguments: [{ form: '<id>', help: 'the webhook' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/webhooks/${encodeURIComponent(call.argument(0))}/rotate-secret`;
    const webhook = await call.api().call({ method: 'POST', path, body: {} });
    if (!call.json) {
      call.say(`The former secret signs along until ${textIn(webhook, 'formerSecretUntil')}.`);
    }
    return call.print(webhook, () => `${textIn(webhook, 'secret')}\n`);
  },
};
