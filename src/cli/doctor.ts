import type { CheckOutcome, CheckResult } from '../doctor/check.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type Paint, printable, type Style } from './paint.ts';

const marks: Readonly<Record<CheckOutcome, readonly [mark: string, style: Style]>> = {
  pass: ['✔', 'green'],
  warn: ['!', 'yellow'],
  fail: ['✖', 'red'],
  skipped: ['·', 'dim'],
};

/** Exit code 0 unless a check fails, then 1. */
export const doctor: Command = {
  words: 'doctor',
  summary: 'look for trouble: environment, data directory, database, keys, lists, the public site',
  example: 'doctor',
  run: async (call) => {
    const { examine } = await import('../doctor/examine.ts');
    const checks = await examine(call.terminal.env);
    const ok = checks.every(({ outcome }) => outcome !== 'fail');
    call.print({ ok, checks }, (paint) => checks.map((check) => lineOf(check, paint)).join(''));
    return ok ? exitCodes.ok : exitCodes.rejected;
  },
};

function lineOf({ id, outcome, detail, fix }: CheckResult, paint: Paint): string {
  const [mark, style] = marks[outcome];
  const line = `${paint(style, mark)} ${id.padEnd(20)}  ${printable(detail)}\n`;
  return fix === null ? line : `${line}  ${'fix'.padEnd(20)}  ${printable(fix)}\n`;
}
