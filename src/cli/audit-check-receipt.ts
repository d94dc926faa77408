import type { CheckedReceipt } from '../audit/receipt.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import { keyOption, readKeys } from './checkpoint-option.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { type Paint, printable } from './paint.ts';
import { readJsonObject } from './read-file.ts';

/** Asks nobody: what is proved is proved by the file and the key. Exit code 1 when it is not. */
export const auditCheckReceipt: Command = {
  words: 'audit check-receipt',
  summary: 'check a receipt of the audit trail without the service that gave it',
  example: 'audit check-receipt receipt.json --key audit-key.txt',
  arguments: [{ form: '<file>', help: 'with one receipt or several; "-" for standard input' }],
  options: [{ ...keyOption, required: true }],
  run: async (call) => {
    const keys = await readKeys(call);
    if (keys === null) throw usageFailure('Give the key of the log with --key.');
    const given = await readJsonObject(call.argument(0), call.terminal);
    const several: JsonValue | undefined = given['data'];
    const receipts: readonly JsonValue[] = Array.isArray(several) ? several : [given];
    if (receipts.length === 0) throw usageFailure('The file has no receipt.');
    const { checkReceipt } = await import('../audit/receipt.ts');
    const checked = receipts.map((receipt) => checkReceipt(JSON.stringify(receipt), keys));
    call.print({ receipts: checked }, (paint) => checked.map((one) => lineOf(one, paint)).join(''));
    return checked.every(({ valid }) => valid) ? exitCodes.ok : exitCodes.rejected;
  },
};

function lineOf(checked: CheckedReceipt, paint: Paint): string {
  if (!checked.valid) return `${paint('red', '✖')} The receipt proves nothing: ${checked.why}.\n`;
  const { event, origin, size } = checked;
  const [action, subject, at] = ['action', 'subject', 'at'].map((name) =>
    printable(textIn(event, name)),
  );
  return `${paint('green', '✔')} ${action} of ${subject} at ${at} is in ${printable(origin)}, checkpoint of ${size} records.\n`;
}
