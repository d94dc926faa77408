import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Their secrets are not shown. */
export const webhookList: Command = {
  words: 'webhook list',
  summary: 'list webhooks, and whether they get through',
  example: 'webhook list',
  options: [serverOption],
  run: async (call) => {
    const webhooks = await call.api().list({ method: 'GET', path: '/webhooks' });
    return call.print(webhooks, () =>
      renderTable(['ID', 'STATE', 'FAILING SINCE', 'EVENTS', 'URL'], webhooks.map(rowOf)),
    );
  },
};

function rowOf(webhook: JsonObject): readonly string[] {
  const events = Array.isArray(webhook['events']) ? webhook['events'].map(String) : [];
  return [
    textIn(webhook, 'id'),
    textIn(webhook, 'state'),
    textIn(webhook, 'failingSince'),
    events.length === 0 ? 'all' : events.join(' '),
    textIn(webhook, 'url'),
  ];
}
