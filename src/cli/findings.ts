import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** Open ones unless another state is asked for. */
export const findings: Command = {
  words: 'findings',
  summary: 'list agents that do not meet a rule',
  example: 'findings --agent billing-bot',
  options: [
    { form: '--state <state>', help: 'open if absent', choices: ['open', 'resolved', 'all'] },
    { form: '--rule <id>', help: 'of this rule only' },
    { form: '--agent <handle>', help: 'of this agent only' },
    limitOption,
    serverOption,
  ],
  run: async (call) => {
    const state = call.text('state') ?? 'open';
    const query = {
      state: state === 'all' ? undefined : state,
      rule: call.text('rule'),
      agent: call.text('agent'),
    };
    const order = { method: 'GET', path: '/findings', query } as const;
    const found = await call.api().list(order, countOf(call.text('limit')));
    return call.print(found, () =>
      found.length === 0
        ? 'No findings.\n'
        : renderTable(['AGENT', 'RULE', 'STATE', 'SINCE', 'DETAIL'], found.map(rowOf)),
    );
  },
};

function rowOf(finding: JsonObject): readonly string[] {
  const { rule } = finding;
  const name = isJsonObject(rule) ? textIn(rule, 'name') || textIn(rule, 'id') : '';
  const [agent = '', ...rest] = ['agent', 'state', 'since', 'detail'].map((member) =>
    textIn(finding, member),
  );
  return [agent, name, ...rest];
}
