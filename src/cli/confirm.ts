import type { Invocation, Parameter } from './command.ts';
import { usageFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const mostAnswerOctets = 1_024;

/** For commands that ask before they do what cannot be undone, or reaches far. */
export const yesOption: Parameter = { form: '--yes', help: 'go on without being asked' };

/**
 * Asks the person at the terminal, unless `--yes` was given; resolves when the answer is `y` or `yes`, and
 * otherwise throws a usage failure. Where nobody can answer, or with `--no-input`, it never waits.
 */
export async function confirm(call: Invocation, question: string): Promise<void> {
  if (call.flag('yes')) return;
  if (call.refused('input') || !call.terminal.interactive) {
    throw usageFailure('Nothing was changed: this is asked for first. --yes goes on without.');
  }
  call.terminal.err(`${question} Type "yes" to go on: `);
  if (/^y(?:es)?$/i.test(await readLine(call.terminal))) return;
  throw usageFailure('Nothing was changed.');
}

async function readLine(terminal: Terminal): Promise<string> {
  let text = '';
  for await (const octets of terminal.inputOctets()) {
    text += Buffer.from(octets).toString('utf8');
    if (text.includes('\n') || text.length > mostAnswerOctets) break;
  }
  return (text.split('\n')[0] ?? '').trim();
}
