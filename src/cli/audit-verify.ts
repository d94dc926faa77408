import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import {
  againstOption,
  type GivenCheckpoint,
  keyOption,
  readAgainst,
} from './checkpoint-option.ts';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { printable } from './paint.ts';
import { nameOf } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** Exit code 0 when the trail holds, 1 when it is broken or not the one that was signed. */
export const auditVerify: Command = {
  words: 'audit verify',
  summary: 'check the audit trail from its first record, by itself and against a checkpoint',
  example: 'audit verify --against checkpoint.txt --key audit-key.txt',
  options: [
    againstOption,
    keyOption,
    { form: '--file <export>', help: 'check an export in the form jsonl, and ask no service' },
    serverOption,
  ],
  run: async (call) => {
    const against = await readAgainst(call);
    const file = call.text('file');
    const found =
      file === undefined ? await askService(call, against) : await readExport(call, file, against);
    const intact = found['intact'] === true;
    call.print(found, (paint) => {
      const [records, head, root, at, detail] = membersOf(found);
      return intact
        ? `${paint('green', '✔')} The audit trail is intact: ${records} records.\n  head ${head}\n  root ${root}\n`
        : `${paint('red', '✖')} The audit trail is broken at record ${at}: ${detail}.\n`;
    });
    return intact ? exitCodes.ok : exitCodes.rejected;
  },
};

function membersOf(found: JsonObject): readonly string[] {
  const names = ['records', 'headHash', 'rootHash', 'brokenAt', 'detail'];
  return names.map((name) => printable(textIn(found, name)));
}

function askService(call: Invocation, against: GivenCheckpoint | null): Promise<JsonObject> {
  const query = { checkpoint: against?.note };
  return call.api().call({ method: 'GET', path: '/audit/verify', query });
}

async function readExport(
  call: Invocation,
  path: string,
  against: GivenCheckpoint | null,
): Promise<JsonObject> {
  const { ExportUnreadable, verifyExport } = await import('../audit/audit-export.ts');
  const { base64Of } = await import('../audit/receipt.ts');
  const place = 'the checkpoint that was given';
  const known = against === null ? [] : [{ ...against.checkpoint, place }];
  try {
    const input =
      path === '-' ? Readable.from(call.terminal.inputOctets()) : createReadStream(path);
    // The stream's own failure is not the reader's: it is waited for beside.
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    const failed = new Promise<never>((_, reject) => input.once('error', reject));
    const { root, ...found } = await Promise.race([verifyExport(lines, known), failed]);
    return { ...found, rootHash: base64Of(root) };
  } catch (error) {
    if (error instanceof ExportUnreadable) throw usageFailure(`${nameOf(path)}: ${error.message}`);
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw usageFailure(`${nameOf(path)} cannot be read (${String(error.code)}).`);
  }
}
