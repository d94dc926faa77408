import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { serverOption } from './server-option.ts';

/**
 * What it prints is for `audit check-receipt`, and for whoever wants to check it by other means. Exit
 * code 1 when nothing of the kind is in the trail: what is printed then has no receipt.
 */
export const auditReceipt: Command = {
  words: 'audit receipt',
  summary: 'prove to others that a record is in the audit trail',
  example: 'audit receipt crd_01k9… --action credential.revoked > receipt.json',
  arguments: [{ form: '<id>', help: 'of a record (evt_…), or of a credential (crd_…)' }],
  options: [
    { form: '--action <action>', help: 'of a credential: this alone, such as credential.issued' },
    serverOption,
  ],
  run: async (call) => {
    const id = encodeURIComponent(call.argument(0));
    const path = id.startsWith('evt_') ? `/audit/receipts/${id}` : `/credentials/${id}/receipts`;
    const query = id.startsWith('evt_') ? {} : { action: call.text('action') };
    const found = await call.api().call({ method: 'GET', path, query });
    call.print(found, () => `${JSON.stringify(found, null, 2)}\n`);
    const { data } = found;
    if (!Array.isArray(data) || data.length > 0) return exitCodes.ok;
    call.say('Nothing of the kind is in the audit trail: there is no receipt.');
    return exitCodes.rejected;
  },
};
