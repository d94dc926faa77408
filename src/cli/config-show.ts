import { describeSettings } from '../config/settings.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';

/** Works on settings with faults too: those are what one wants to look at. */
export const configShow: Command = {
  words: 'config show',
  summary: 'print every setting, its value and where that comes from; never a secret',
  example: 'config show --json',
  run: async (call) => {
    const lines = describeSettings(call.terminal.env);
    return call.print(lines, () =>
      renderTable(
        ['SETTING', 'VALUE', 'SOURCE'],
        lines.map(({ name, value, source }) => [name, value ?? '', source]),
      ),
    );
  },
};
