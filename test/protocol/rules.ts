import type { Parsed } from '../../src/protocol/parsed.ts';

/**
 * What a parse came to: `ok`, or each fault as `pointer rule`. Throws for a fault whose detail is not
 * a sentence without its full stop: whoever has to mend the input has nothing else to go by.
 */
export function rulesOf(parsed: Parsed<unknown>): string | string[] {
  if (parsed.ok) return 'ok';
  return parsed.faults.map(({ pointer, rule, detail }) => {
    if (!/^\S.*[^\s.]$/.test(detail)) throw new Error(`${rule} says ${JSON.stringify(detail)}`);
    return `${pointer} ${rule}`.trim();
  });
}

/** The value of a parse that must succeed. */
export function taken<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(`refused: ${JSON.stringify(parsed.faults)}`);
}
