import { rowsOf, textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** With what they are about and what they ask for, as JSON. */
export const ruleList: Command = {
  words: 'rule list',
  summary: 'list the rules of the estate',
  example: 'rule list',
  options: [serverOption],
  run: async (call) => {
    const rules = rowsOf(await call.api().call({ method: 'GET', path: '/rules' }));
    return call.print(rules, () =>
      renderTable(
        ['ID', 'NAME', 'WHEN', 'REQUIRE'],
        rules.map((rule) => [
          textIn(rule, 'id'),
          textIn(rule, 'name'),
          JSON.stringify(rule['when']),
          JSON.stringify(rule['require']),
        ]),
      ),
    );
  },
};
