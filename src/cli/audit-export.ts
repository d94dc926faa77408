import { open, rename, rm } from 'node:fs/promises';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { serverOption } from './server-option.ts';

/** Streams: however much there is, little of it is in memory. */
export const auditExport: Command = {
  words: 'audit export',
  summary: 'write the audit trail as JSON lines, or as events of OCSF for a SIEM',
  example: 'audit export --format ocsf --since 2026-11-01T00:00:00Z --out audit.jsonl',
  options: [
    { form: '--format <format>', help: 'the form of the lines', choices: ['jsonl', 'ocsf'] },
    { form: '--since <moment>', help: 'what happened then or later' },
    { form: '--until <moment>', help: 'what happened before' },
    { form: '--action <action>', help: 'such as credential.revoked' },
    { form: '--subject <id>', help: 'what was acted upon' },
    { form: '--actor <id>', help: 'who acted: a token, an enrolment, a job' },
    { form: '--complete', help: 'with the hashes of all other records, for "audit verify --file"' },
    { form: '--out <file>', help: 'where to; standard output unless given' },
    serverOption,
  ],
  run: async (call) => {
    const names = ['format', 'since', 'until', 'action', 'subject', 'actor'];
    const query = Object.fromEntries(names.map((name) => [name, call.text(name)]));
    const complete = call.flag('complete') ? { complete: 'true' } : {};
    const path = '/audit/export';
    const pieces = await call
      .api()
      .stream({ method: 'GET', path, query: { ...query, ...complete } });
    const out = call.text('out');
    if (out === undefined) for await (const piece of pieces) call.terminal.out(piece);
    else await writeWhole(call, out, pieces);
    return exitCodes.ok;
  },
};

/** The file is there once all of it is: what is cut off on the way leaves nothing. */
async function writeWhole(
  call: Invocation,
  path: string,
  pieces: AsyncIterable<string>,
): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
    throw usageFailure(`The file ${path} cannot be written (${code}).`);
  });
  try {
    for await (const piece of pieces) await file.write(piece);
    await file.sync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(part, path);
  call.say(`The export is in ${path}.`);
}
