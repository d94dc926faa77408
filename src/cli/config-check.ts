import { readSettings } from '../config/settings.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { printable } from './paint.ts';

/** Reads the environment and starts nothing; exit code 0 when it is usable, 2 when it is not. */
export const configCheck: Command = {
  words: 'config check',
  summary: 'say whether the service would take the configuration, with every fault at once',
  example: 'config check',
  run: async (call) => {
    const parsed = readSettings(call.terminal.env);
    const faults = parsed.ok ? [] : parsed.faults;
    call.print(
      {
        ok: parsed.ok,
        faults: faults.map(({ pointer, detail }) => ({ variable: pointer, detail })),
      },
      (paint) =>
        parsed.ok
          ? `${paint('green', '✔')} The configuration is usable.\n`
          : faults
              .map(
                ({ pointer, detail }) =>
                  `${paint('red', '✖')} ${printable(`${pointer} ${detail}`)}\n`,
              )
              .join(''),
    );
    return parsed.ok ? exitCodes.ok : exitCodes.usage;
  },
};
