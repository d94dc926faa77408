import type { Fault, Parsed } from '../protocol/parsed.ts';
import { usageFailure } from './failure.ts';

/** What was read of something that was named; a usage failure with a line for each fault in it. */
export function usable<Value>(parsed: Parsed<Value>, what: string): Value {
  if (parsed.ok) return parsed.value;
  throw usageFailure(`${what} is not usable.`, linesOf(parsed.faults));
}

/** Faults in words: the place, where there is one, and what is wrong with it. */
export function linesOf(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer} ${detail}`));
}
