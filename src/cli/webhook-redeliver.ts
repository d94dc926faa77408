import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** It goes out under the same id, so that a receiver which has it knows that. */
export const webhookRedeliver: Command = {
  words: 'webhook redeliver',
  summary: 'send a message once more',
  example: 'webhook redeliver whk_01k… evt_01k…',
  arguments: [
    { form: '<id>', help: 'the webhook' },
    { form: '<message>', help: 'the message' },
  ],
  options: [serverOption],
  run: async (call) => {
    const [id, message] = [call.argument(0), call.argument(1)].map(encodeURIComponent);
    const path = `/webhooks/${id}/deliveries/${message}/redeliver`;
    const sent = await call.api().call({ method: 'POST', path, body: {} });
    return call.print(
      sent,
      (paint) => `${paint('green', '✔')} ${printable(call.argument(1))} is sent again\n`,
    );
  },
};
