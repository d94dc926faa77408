import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** Agents are left as they are; `orphans` lists those that it concerns. */
export const ownerDepart: Command = {
  words: 'owner depart',
  summary: 'say that the person behind a mailbox left',
  example: 'owner depart lead@acme.com --reason "HR-88"',
  arguments: [{ form: '<email>', help: 'the mailbox' }],
  options: [reasonOption, serverOption],
  run: async (call) => {
    const body = { owner: call.argument(0), reason: call.text('reason') ?? '' };
    const path = '/owners/departed';
    const departed = await call.api().call({ method: 'POST', path, body });
    return call.print(departed, () => `${textIn(departed, 'owner')} departed\n`);
  },
};
