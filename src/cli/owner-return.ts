import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** Takes `owner depart` back. */
export const ownerReturn: Command = {
  words: 'owner return',
  summary: 'take back that the person behind a mailbox left',
  example: 'owner return lead@acme.com',
  arguments: [{ form: '<email>', help: 'the mailbox' }],
  options: [serverOption],
  run: async (call) => {
    const owner = call.argument(0);
    const path = `/owners/departed/${encodeURIComponent(owner)}`;
    await call.api().call({ method: 'DELETE', path });
    return call.print({ owner, departed: false }, () => `${owner} is here\n`);
  },
};
