import { usageFailure } from './failure.ts';

/** The number of an option such as `--limit 20`; undefined when it was not given. */
export function countOf(text: string | undefined, option = '--limit'): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw usageFailure(`${option} takes a number from 1 on.`);
}
