import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** Receivers read the key set anew when they meet a `kid` that they do not know. */
export const streamRotateKey: Command = {
  words: 'stream rotate-key',
  summary: 'change the key that security events are signed with',
  example: 'stream rotate-key',
  options: [serverOption],
  run: async (call) => {
    const path = '/organization/event-keys';
    const key = await call.api().call({ method: 'POST', path, body: { action: 'rotate' } });
    return call.print(
      key,
      (paint) => `${paint('green', '✔')} events are signed by ${textIn(key, 'kid')}\n`,
    );
  },
};
