import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** All pages of the listing, in the order of ids, unless `--limit` ends it sooner. */
export const credentialList: Command = {
  words: 'credential list',
  summary: 'list credentials',
  example: 'credential list --agent billing-bot --state active',
  options: [
    { form: '--agent <handle>', help: 'of this agent only' },
    {
      form: '--type <type>',
      help: 'of this type only',
      choices: ['passport', 'compliance', 'provenance', 'allowed-actions'],
    },
    {
      form: '--state <state>',
      help: 'in this state only',
      choices: ['intended', 'abandoned', 'active', 'suspended', 'revoked', 'expired'],
    },
    { form: '--expires-before <moment>', help: 'that end before then' },
    limitOption,
    serverOption,
  ],
  run: async (call) => {
    const query = {
      agent: call.text('agent'),
      type: call.text('type'),
      state: call.text('state'),
      expiresBefore: call.text('expiresBefore'),
    };
    const order = { method: 'GET', path: '/credentials', query } as const;
    const credentials = await call.api().list(order, countOf(call.text('limit')));
    return call.print(credentials, () =>
      renderTable(
        ['ID', 'AGENT', 'TYPE', 'STATE', 'UNTIL'],
        credentials.map((credential) =>
          ['id', 'agent', 'type', 'state', 'validUntil'].map((name) => textIn(credential, name)),
        ),
      ),
    );
  },
};
