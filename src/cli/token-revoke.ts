import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Takes effect with the next call that bears the token. */
export const tokenRevoke: Command = {
  words: 'token revoke',
  summary: 'end a token at once',
  example: 'token revoke tok_01k…',
  arguments: [{ form: '<id>', help: 'the token' }],
  options: [serverOption],
  run: async (call) => {
    const id = call.argument(0);
    await call.api().call({ method: 'DELETE', path: `/tokens/${encodeURIComponent(id)}` });
    return call.print(
      { id, revoked: true },
      (paint) => `${paint('green', '✔')} ${printable(id)} is revoked\n`,
    );
  },
};
