import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { readText } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** Ends once the credential was found to hold; it does not go into the passport. */
export const credentialImport: Command = {
  words: 'credential import',
  summary: 'import a credential that somebody else issued about an agent',
  example: 'credential import billing-bot --jwt assessment.jwt --reason AUD-7',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [
    { form: '--jwt <file>', help: 'the compact JWT; "-" reads standard input', required: true },
    { form: '--reason <text>', help: 'why; it stands in the audit trail' },
    serverOption,
  ],
  run: async (call) => {
    const jwt = (await readText(call.text('jwt') ?? '-', call.terminal)).trim();
    const body = members({ jwt, reason: call.text('reason') });
    const path = `/agents/${encodeURIComponent(call.argument(0))}/credentials/import`;
    const imported = await call.api().call({ method: 'POST', path, body });
    return call.print(
      imported,
      () => `${textIn(imported, 'id')} is ${textIn(imported, 'state')}\n`,
    );
  },
};
