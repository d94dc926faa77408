import type { Finding, Severity } from '../lint/finding.ts';
import type { Outcome } from '../lint/target.ts';
import type { LintAnswer } from './lint.ts';
import { type Paint, printable, type Style } from './paint.ts';

type TargetLine = LintAnswer['targets'][number];

/** How a finding is marked. */
export const severityMarks: Readonly<Record<Severity, readonly [mark: string, style: Style]>> = {
  error: ['✖', 'red'],
  warning: ['!', 'yellow'],
  notice: ['·', 'dim'],
};

const outcomeMarks: Readonly<Record<Outcome, readonly [mark: string, style: Style]>> = {
  accepts: ['✔', 'green'],
  refuses: ['✖', 'red'],
  unknown: ['?', 'yellow'],
};

const unchecked: Readonly<Record<LintAnswer['unchecked'][number], string>> = {
  url: 'that client_id is the URL of the document (give --url)',
  response: 'status, redirects and headers (lint the URL)',
  'key-set': 'the key set at jwks_uri',
};

const maxShown = 200;
const shownMembers = 8;

/** A lint for people: the sentence first, then the findings with their fixes, then each target. */
export function renderLint(answer: LintAnswer, paint: Paint): string {
  const asked = answer.targets.filter(({ requested }) => requested);
  const lines = [
    sentenceOf(answer, paint),
    ...answer.findings.flatMap((finding) => explainFinding(finding, paint)),
    ...asked.flatMap(({ findings }) =>
      findings.flatMap((finding) => explainFinding(finding, paint)),
    ),
    ...targetSection(answer, paint),
    '',
    ...budgetLines(answer),
    ...answer.unchecked.map(
      (what, at) => `  ${at === 0 ? 'Unchecked' : '         '}  ${unchecked[what]}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function sentenceOf({ input, ok, findings, targets }: LintAnswer, paint: Paint): string {
  const counted = [...findings, ...targets.flatMap((one) => (one.requested ? one.findings : []))];
  const tally = [
    countFindings(counted, 'error', 'errors'),
    countFindings(counted, 'warning', 'warnings'),
    countFindings(counted, 'notice', 'notices'),
  ].join(', ');
  const what = input.kind === 'stdin' ? 'standard input' : shown(input.value);
  const verdict = ok ? paint('green', '✔ CONFORMS') : paint('red', '✖ DOES NOT CONFORM');
  return `${verdict}  ${what}: ${tally}`;
}

/** How many there are of a severity, in words. */
export function countFindings(
  findings: readonly { readonly severity: Severity }[],
  severity: Severity,
  many: string,
): string {
  const number = findings.filter((finding) => finding.severity === severity).length;
  return `${number} ${number === 1 ? severity : many}`;
}

/** A finding for people. */
export function explainFinding(finding: Finding, paint: Paint): readonly string[] {
  const [mark, style] = severityMarks[finding.severity];
  const { id, message, fix, source, basis, asOf } = finding;
  return [
    '',
    `  ${paint(style, mark)} ${id}${placesOf(finding)}`,
    `      ${shown(message, message.length)}`,
    `      fix   ${fix}`,
    `      rule  ${paint('dim', `${source} (${basis}, ${asOf})`)}`,
  ];
}

function placesOf({ places, placeCount }: Finding): string {
  const named = places.filter((place) => place !== '').slice(0, 3);
  if (named.length === 0) return '';
  const more = placeCount > named.length ? `, and ${placeCount - named.length} more` : '';
  return `  at ${named.map((place) => shown(place, 80)).join(', ')}${more}`;
}

/** Without a document there is nothing to say of each server that nobody asked about. */
function targetSection({ targets, readable }: LintAnswer, paint: Paint): readonly string[] {
  const shownTargets = targets.filter(({ requested }) => requested || readable);
  if (shownTargets.length === 0) return [];
  return ['', '  Targets', ...shownTargets.flatMap((target) => targetLines(target, paint))];
}

function targetLines(target: TargetLine, paint: Paint): readonly string[] {
  const [mark, style] = outcomeMarks[target.outcome];
  const said = `${target.outcome}${reasonsOf(target)}`;
  const ground = `${target.basis}, ${target.asOf}`;
  return [
    `    ${paint(style, mark)} ${target.target.padEnd(14)}  ${said}  ${paint('dim', `(${ground})`)}`,
    `      ${' '.repeat(14)}  ${lifeOf(target.cache)}`,
  ];
}

function reasonsOf({ outcome, reasons }: TargetLine): string {
  if (reasons.length > 0) return `: ${reasons.slice(0, 4).join(', ')}`;
  return outcome === 'unknown' ? ': nothing known speaks against it' : '';
}

/** How long a server goes on with a document that was withdrawn. */
function lifeOf(cache: TargetLine['cache']): string {
  const { minSeconds, maxSeconds, thisDocumentSeconds: here, remark } = cache;
  const bounds = `keeps a withdrawn document ${maxSeconds === null ? unboundedSpan(cache) : spanOf(minSeconds, maxSeconds)}`;
  const own = here === null || minSeconds === maxSeconds ? '' : `, this one ${durationOf(here)}`;
  return `${bounds}${own}${remark === null ? '' : `; ${remark}`}`;
}

function unboundedSpan({ silentSeconds }: TargetLine['cache']): string {
  return silentSeconds === null
    ? 'for a time that is not known'
    : `for ${durationOf(silentSeconds)} by default, without a known bound`;
}

function spanOf(minSeconds: number, maxSeconds: number): string {
  if (minSeconds === maxSeconds) return `for ${durationOf(minSeconds)}`;
  const least = minSeconds === 0 ? '' : `${durationOf(minSeconds)} to `;
  return minSeconds === 0
    ? `up to ${durationOf(maxSeconds)}`
    : `for ${least}${durationOf(maxSeconds)}`;
}

/** Seconds in the largest unit that fits. */
export function durationOf(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([length]) => seconds >= length && seconds % length === 0) ?? [
    1,
    's',
  ];
  return `${seconds / size} ${unit}`;
}

function budgetLines({ budget }: LintAnswer): readonly string[] {
  const { totalBytes, limitBytes, leftBytes, publicationLimitBytes, leftToPublishBytes } = budget;
  const left = `${leftOf(leftBytes)}, ${leftOf(leftToPublishBytes)} by the ${publicationLimitBytes} that we publish`;
  const largest = budget.members
    .slice(0, shownMembers)
    .map(({ name, bytes }) => `${shown(name, 40)} ${bytes}`);
  const rest = budget.members.slice(shownMembers).reduce((sum, { bytes }) => sum + bytes, 0);
  const others = [...(rest > 0 ? [`others ${rest}`] : []), `layout ${budget.layoutBytes}`];
  return [
    `  Octets     ${totalBytes} of ${limitBytes}: ${left}`,
    ...(largest.length === 0 ? [] : [`             ${[...largest, ...others].join(' · ')}`]),
  ];
}

function leftOf(bytes: number): string {
  return bytes < 0 ? `${-bytes} too many` : `${bytes} left`;
}

function shown(text: string, length = maxShown): string {
  return printable(text.length > length ? `${text.slice(0, length)}…` : text);
}
