import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** The event says which stream it came over, and nothing else. */
export const streamVerify: Command = {
  words: 'stream verify',
  summary: 'have a verification event sent over a stream',
  example: 'stream verify str_01k…',
  arguments: [{ form: '<id>', help: 'the stream' }],
  options: [serverOption],
  run: async (call) => {
    const stream_id = call.argument(0);
    await call.api().call({ method: 'POST', path: '/ssf/verification', body: { stream_id } });
    return call.print(
      { stream_id, sent: true },
      (paint) => `${paint('green', '✔')} ${printable(stream_id)} is sent a verification event\n`,
    );
  },
};
