import { rowsOf, textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Those who left; owners who are there stand with their agents. */
export const ownerList: Command = {
  words: 'owner list',
  summary: 'list the mailboxes whose person left',
  example: 'owner list',
  options: [serverOption],
  run: async (call) => {
    const departed = rowsOf(await call.api().call({ method: 'GET', path: '/owners/departed' }));
    const names = ['owner', 'departedAt', 'reason'];
    return call.print(departed, () =>
      renderTable(
        ['OWNER', 'DEPARTED', 'REASON'],
        departed.map((one) => names.map((name) => textIn(one, name))),
      ),
    );
  },
};
