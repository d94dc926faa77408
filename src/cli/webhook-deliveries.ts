import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

const most = 200;

/** Newest first, up to 200; ended ones are kept for three days. */
export const webhookDeliveries: Command = {
  words: 'webhook deliveries',
  summary: 'list what was sent to a webhook, and what is to be',
  example: 'webhook deliveries whk_01k…',
  arguments: [{ form: '<id>', help: 'the webhook' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/webhooks/${encodeURIComponent(call.argument(0))}/deliveries`;
    const deliveries = await call.api().list({ method: 'GET', path }, most);
    return call.print(deliveries, () =>
      renderTable(['ID', 'TYPE', 'STATE', 'ATTEMPTS', 'OUTCOME'], deliveries.map(rowOf)),
    );
  },
};

function rowOf(delivery: JsonObject): readonly string[] {
  return ['id', 'type', 'state', 'attempts', 'outcome'].map((name) => textIn(delivery, name));
}
