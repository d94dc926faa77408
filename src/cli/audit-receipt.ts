import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** What it prints is for `audit check-receipt`, and for whoever wants to check it by other means. */
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
    return call.print(found, () => `${JSON.stringify(found, null, 2)}\n`);
  },
};
