import type { Parsed } from '../../src/protocol/parsed.ts';

/** What a parse came to: `ok`, or each fault as `pointer rule`. */
export function rulesOf(parsed: Parsed<unknown>): string | string[] {
  return parsed.ok ? 'ok' : parsed.faults.map((fault) => `${fault.pointer} ${fault.rule}`.trim());
}

/** The value of a parse that must succeed. */
export function taken<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(`refused: ${JSON.stringify(parsed.faults)}`);
}
