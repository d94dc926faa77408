import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** Loads the service and the demo when it runs, so that no other command waits for them. */
export const demo: Command = {
  words: 'demo',
  summary: 'tell the whole story on this machine: onboard, issue, verify, suspend, revoke',
  example: 'demo --keep',
  options: [{ form: '--keep', help: 'leave everything running and print every URL' }],
  run: async (call) => {
    const [{ runDemo }, { createService }] = await Promise.all([
      import('../demo/demo.ts'),
      import('../service.ts'),
    ]);
    const { json, terminal } = call;
    const code = await runDemo({
      createService,
      json,
      keep: call.flag('keep'),
      write: terminal.out,
    });
    return code === 0 ? exitCodes.ok : exitCodes.rejected;
  },
};
