import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** What its receiver was not given yet it never is. */
export const streamDelete: Command = {
  words: 'stream delete',
  summary: 'end a stream of security events',
  example: 'stream delete str_01k…',
  arguments: [{ form: '<id>', help: 'the stream' }],
  options: [serverOption],
  run: async (call) => {
    const stream_id = call.argument(0);
    await call.api().call({ method: 'DELETE', path: '/ssf/streams', query: { stream_id } });
    return call.print(
      { stream_id, deleted: true },
      (paint) => `${paint('green', '✔')} ${printable(stream_id)} is deleted\n`,
    );
  },
};
