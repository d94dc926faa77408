import { writeFile } from 'node:fs/promises';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { serverOption } from './server-option.ts';

const rowsPerPage = '200';

/** Applied where it comes from, an export changes nothing. */
export const exportAgents: Command = {
  words: 'export',
  summary: 'write the agents and their credentials as agents.yaml',
  example: 'export -f agents.yaml --team payments',
  options: [
    { form: '-f, --file <file>', help: 'where to; standard output unless given' },
    { form: '--team <team>', help: 'the agents of one team only' },
    serverOption,
  ],
  run: async (call) => {
    const query = { team: call.text('team'), limit: rowsPerPage };
    const rows = await call.api().list({ method: 'GET', path: '/export', query });
    const agents = [...rows].sort((one, other) =>
      textIn(one, 'handle') < textIn(other, 'handle') ? -1 : 1,
    );
    const { stringify } = await import('yaml');
    // What is the same twice is written twice: aliases are not read.
    const text = stringify({ agents }, { lineWidth: 0, aliasDuplicateObjects: false });
    const path = call.text('file') ?? '-';
    if (path === '-') return call.print({ agents }, () => text);
    const content = call.json ? `${JSON.stringify({ agents }, null, 2)}\n` : text;
    await writeFile(path, content).catch((cause: unknown) => {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
      throw usageFailure(`The file ${path} cannot be written (${code}).`);
    });
    call.say(`${agents.length} agents are in ${path}.`);
    return exitCodes.ok;
  },
};
