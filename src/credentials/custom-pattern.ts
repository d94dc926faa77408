import type { JsonValue } from '../protocol/strict-json.ts';

const longestPattern = 128;
/** A text that is longer than this fits no pattern. */
const longestText = 1_024;
const mostRepetitions = 4;
/** How often one text may be tried in the worst case. */
const mostAttempts = 2 ** 20;
/** More than two repetitions keep short texts busy too, of which claims can hold many. */
const shortTextWeight = 16;

/** A class, an escape or a plain character, then how often it comes. */
const atomPattern =
  /(?:\[\^?(?:\\[dwsDWS\\\][^-]|[^\\[\]])+\]|\\[dwsDWS.\\/^$*+?()[\]{}|]|[^\\^$*+?.()|[\]{}]|\.)([*+?]|\{\d{1,4}(?:,\d{0,4})?\})?/uy;

/** A pattern that is safe, with how often one text may be tried; or why it is not taken. */
export type JudgedPattern =
  | { readonly ok: true; readonly attempts: number }
  | { readonly ok: false; readonly detail: string };

/**
 * Takes the patterns that no text can keep busy for long: from `^` to `$`, a row of characters and
 * classes, each with a repetition of its own, and neither groups nor alternatives.
 */
export function checkPattern(pattern: JsonValue): JudgedPattern {
  if (typeof pattern !== 'string' || pattern.length > longestPattern) {
    return refuse(`must be text of at most ${longestPattern} characters`);
  }
  if (!pattern.startsWith('^') || !pattern.endsWith('$'))
    return refuse('must begin with ^ and end with $');
  const repetitions = repetitionsIn(pattern.slice(1, -1));
  if (repetitions === undefined || !compiles(pattern)) {
    return refuse('must be characters and classes with repetitions, without groups or "|"');
  }
  const spans = repetitions.map(spanOf).filter((span) => span > 1);
  const weight = spans.length > 2 ? shortTextWeight : 1;
  const attempts = spans.reduce((product, span) => product * span, weight);
  return spans.length <= mostRepetitions && attempts <= mostAttempts
    ? { ok: true, attempts }
    : refuse('could take too long: have fewer repetitions, or bound them as in {1,20}');
}

/** The compiled form of a pattern, which no text longer than 1,024 characters fits. */
export class BoundedPattern extends RegExp {
  override test(text: string): boolean {
    return text.length <= longestText && super.test(text);
  }
}

function refuse(detail: string): JudgedPattern {
  return { ok: false, detail };
}

/** The repetition of each atom; undefined when there is something else between them. */
function repetitionsIn(row: string): readonly string[] | undefined {
  const found: string[] = [];
  let at = 0;
  while (at < row.length) {
    atomPattern.lastIndex = at;
    const atom = atomPattern.exec(row);
    if (atom === null) return undefined;
    found.push(atom[1] ?? '');
    at = atomPattern.lastIndex;
  }
  return found;
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

/** How many lengths a repetition can have. */
function spanOf(repetition: string): number {
  if (repetition === '') return 1;
  if (repetition === '?') return 2;
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(repetition) ?? [];
  if (least === undefined || (comma === ',' && most === '')) return longestText;
  return comma === '' ? 1 : Number(most) - Number(least) + 1;
}
