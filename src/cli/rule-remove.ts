import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** Its open findings are resolved. */
export const ruleRemove: Command = {
  words: 'rule remove',
  summary: 'remove a rule; what it found stays readable',
  example: 'rule remove rul_01m804s6byqac71hj710v4rtew',
  arguments: [{ form: '<id>', help: 'the rule' }],
  options: [serverOption],
  run: async (call) => {
    const id = call.argument(0);
    await call.api().call({ method: 'DELETE', path: `/rules/${encodeURIComponent(id)}` });
    return call.print({ id, removed: true }, () => `${id} is removed\n`);
  },
};
