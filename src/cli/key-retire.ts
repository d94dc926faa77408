import type { Command } from './command.ts';
import { keysPath, printKeys } from './key-list.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** Refused until the new key is in use: before, the agent would be without a key that servers know. */
export const keyRetire: Command = {
  words: 'key retire',
  summary: 'end the overlap of a rotation early: the agent has moved to its new key',
  example: 'key retire billing-bot 0ovC… --reason "moved"',
  arguments: [
    { form: '<handle>', help: 'the agent' },
    { form: '<kid>', help: 'the former key, as "key list" prints it' },
  ],
  options: [reasonOption, serverOption],
  run: async (call) => {
    const path = keysPath(call.argument(0), call.argument(1), 'retire');
    const body = { reason: call.text('reason') ?? '' };
    return printKeys(call, await call.api().call({ method: 'POST', path, body }));
  },
};
