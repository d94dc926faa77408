import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Exit code 0 when the chain holds, 1 when it is broken. */
export const auditVerify: Command = {
  words: 'audit verify',
  summary: 'check the hash chain of the audit trail from its first record',
  example: 'audit verify',
  options: [serverOption],
  run: async (call) => {
    const found = await call.api().call({ method: 'GET', path: '/audit/verify' });
    const intact = found['intact'] === true;
    call.print(found, (paint) => {
      const [records, head, at, detail] = ['records', 'headHash', 'brokenAt', 'detail'].map(
        (name) => printable(textIn(found, name)),
      );
      return intact
        ? `${paint('green', '✔')} The audit trail is intact: ${records} records.\n  head ${head}\n`
        : `${paint('red', '✖')} The audit trail is broken at record ${at}: ${detail}.\n`;
    });
    return intact ? exitCodes.ok : exitCodes.rejected;
  },
};
