import type { Checkpoint, NoteKey } from '../audit/checkpoint.ts';
import type { Invocation, Parameter } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { readText } from './read-file.ts';

const deadlineMs = 10_000;
const maxNoteBytes = 65_536;

/** For commands that compare with a checkpoint that is kept elsewhere. */
export const againstOption: Parameter = {
  form: '--against <checkpoint>',
  help: 'a file or URL with a checkpoint that was kept elsewhere',
};

/** For commands that check who signed. */
export const keyOption: Parameter = {
  form: '--key <key>',
  help: 'the verifier key of the log as it is at /audit/key, or a file with it',
};

/** The checkpoint that `--against` names, and whether the keys given vouch for it. */
export interface GivenCheckpoint {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/**
 * Reads the checkpoint that `--against` names; null when it was not given. A failure with exit code 1
 * when none of the keys given signed it; without keys it is taken as it is, and that is said.
 */
export async function readAgainst(call: Invocation): Promise<GivenCheckpoint | null> {
  const place = call.text('against');
  if (place === undefined) return null;
  const note = /^https?:\/\//.test(place)
    ? await fetchNote(place)
    : await readText(place, call.terminal);
  const { isSignedBy, parseCheckpoint } = await import('../audit/checkpoint.ts');
  const checkpoint = parseCheckpoint(note);
  if (checkpoint === null) throw usageFailure(`${place} is no checkpoint.`);
  const keys = await readKeys(call);
  if (keys === null) {
    call.say('Nobody checked who signed the checkpoint: give the key of the log with --key.');
  } else if (!isSignedBy(checkpoint, keys)) {
    throw new CommandFailure('The checkpoint is not signed by this key.', {
      exitCode: exitCodes.rejected,
      code: 'checkpoint-unsigned',
      fix: 'Compare the key with the one that was handed over when the log was begun.',
    });
  }
  return { note, checkpoint };
}

/** The keys that `--key` gives: one itself, or a file with one a line. null when it was not given. */
export async function readKeys(call: Invocation): Promise<readonly NoteKey[] | null> {
  const given = call.text('key');
  if (given === undefined) return null;
  const { parseVerifierKey } = await import('../audit/checkpoint.ts');
  const own = parseVerifierKey(given);
  if (own !== null) return [own];
  const lines = given.includes('+') ? [] : (await readText(given, call.terminal)).split('\n');
  const keys = lines.flatMap((line) => parseVerifierKey(line) ?? []);
  if (keys.length > 0) return keys;
  throw usageFailure('--key is neither a verifier key nor a file with one.');
}

async function fetchNote(url: string): Promise<string> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const octets = new Uint8Array(await response.arrayBuffer());
    if (octets.byteLength > maxNoteBytes) throw new Error('it is too large');
    return new TextDecoder().decode(octets);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it failed';
    throw new CommandFailure(`The checkpoint at ${url} cannot be read: ${why}.`, {
      exitCode: exitCodes.undetermined,
      code: 'checkpoint-unreachable',
      fix: 'Try again, or give a file that holds the checkpoint.',
      cause,
    });
  }
}
