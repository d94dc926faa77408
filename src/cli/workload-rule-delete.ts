import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Takes effect at once, for the tokens that were issued under the rule too. */
export const workloadRuleDelete: Command = {
  words: 'workload-rule delete',
  summary: 'take a rule back, and end the tokens that it gave',
  example: 'workload-rule delete wlr_01k…',
  arguments: [{ form: '<id>', help: 'the rule' }],
  options: [serverOption],
  run: async (call) => {
    const id = call.argument(0);
    await call.api().call({ method: 'DELETE', path: `/workload-rules/${encodeURIComponent(id)}` });
    return call.print(
      { id, deleted: true },
      (paint) => `${paint('green', '✔')} ${printable(id)} is deleted\n`,
    );
  },
};
