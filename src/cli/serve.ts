import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** The same as `npm start`: main.ts reads the settings, runs the service and ends the process. */
export const serve: Command = {
  words: 'serve',
  summary: 'run the service with the settings of the environment',
  example: 'serve',
  run: async () => {
    await import('../main.ts');
    return exitCodes.ok;
  },
};
