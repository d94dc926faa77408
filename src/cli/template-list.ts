import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** All pages of the listing, in the order of ids, unless `--limit` ends it sooner. */
export const templateList: Command = {
  words: 'template list',
  summary: 'list templates',
  example: 'template list',
  options: [limitOption, serverOption],
  run: async (call) => {
    const order = { method: 'GET', path: '/templates' } as const;
    const templates = await call.api().list(order, countOf(call.text('limit')));
    return call.print(templates, () =>
      renderTable(['NAME', 'KIND', 'APPROVAL', 'CREDENTIALS', 'UPDATED'], templates.map(rowOf)),
    );
  },
};

function rowOf(template: JsonObject): readonly string[] {
  const credentials = template['credentials'];
  return [
    textIn(template, 'name'),
    textIn(template, 'kind'),
    template['approval'] === true ? 'yes' : 'no',
    String(Array.isArray(credentials) ? credentials.length : 0),
    textIn(template, 'updatedAt'),
  ];
}
