import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** The newest version of each, in the order of ids, unless `--limit` ends it sooner. */
export const schemaList: Command = {
  words: 'schema list',
  summary: 'list the credential types of the organization',
  example: 'schema list',
  options: [limitOption, serverOption],
  run: async (call) => {
    const order = { method: 'GET', path: '/schemas' } as const;
    const types = await call.api().list(order, countOf(call.text('limit')));
    return call.print(types, () =>
      renderTable(['NAME', 'VERSION', 'TYPE', 'PUBLISHED'], types.map(rowOf)),
    );
  },
};

function rowOf(type: JsonObject): readonly string[] {
  const version = String(type['version']);
  return [textIn(type, 'name'), version, textIn(type, 'type'), textIn(type, 'url')];
}
