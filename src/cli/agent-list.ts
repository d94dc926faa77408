import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** All pages of the listing, in the order of ids, unless `--limit` ends it sooner. */
export const agentList: Command = {
  words: 'agent list',
  summary: 'list agents',
  example: 'agent list --state active --team payments',
  options: [
    {
      form: '--state <state>',
      help: 'in this state only',
      choices: ['pending', 'active', 'suspended', 'retired'],
    },
    {
      form: '--kind <kind>',
      help: 'of this kind only',
      choices: ['agent', 'mcp-server', 'mcp-client'],
    },
    { form: '--team <team>', help: 'of this team only' },
    { form: '--tag <tag>', help: 'with this tag only' },
    { form: '--owner <email>', help: 'of this owner only' },
    { form: '--search <text>', help: 'with this in handle or name' },
    limitOption,
    serverOption,
  ],
  run: async (call) => {
    const query = {
      state: call.text('state'),
      kind: call.text('kind'),
      team: call.text('team'),
      tag: call.text('tag'),
      owner: call.text('owner'),
      q: call.text('search'),
    };
    const order = { method: 'GET', path: '/agents', query } as const;
    const agents = await call.api().list(order, countOf(call.text('limit')));
    return call.print(agents, () =>
      renderTable(
        ['HANDLE', 'STATE', 'KIND', 'NAME', 'CLIENT_ID'],
        agents.map((agent) =>
          ['handle', 'state', 'kind', 'name', 'clientId'].map((name) => textIn(agent, name)),
        ),
      ),
    );
  },
};
