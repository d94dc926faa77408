import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import type { CheckResult, Report } from '../verifier/verdict.ts';
import { type Paint, printable, type Style } from './paint.ts';

/** The checks of a report under the question that they answer, by the first part of their ids. */
const groups: readonly (readonly [heading: string, prefixes: readonly string[]])[] = [
  ['Identity', ['client-id', 'document']],
  ['Issuer', ['issuer']],
  ['Credential', ['credential']],
  ['Status', ['status']],
  ['Policy', ['policy', 'access']],
];

/** How the outcome of a check is marked. */
export const marks: Readonly<
  Record<CheckResult['outcome'], readonly [mark: string, style: Style]>
> = {
  pass: ['✔', 'green'],
  warn: ['!', 'yellow'],
  fail: ['✖', 'red'],
  undetermined: ['?', 'yellow'],
  skipped: ['–', 'dim'],
};

const gap = '   ';
const cellsWidth = 86;

interface ReportOrder {
  readonly report: Report;
  /** Whether a policy said whom to trust. */
  readonly judged: boolean;
}

/** A report for people: the sentence first, then why and what to do, then the checks in groups. */
export function renderReport({ report, judged }: ReportOrder, paint: Paint): string {
  const trouble = report.checks.filter(
    ({ outcome }) => outcome === 'fail' || outcome === 'undetermined',
  );
  const lines = [
    sentenceOf({ report, judged }, paint),
    ...factsOf(report),
    ...trouble.flatMap((check) => explain(check, paint)),
    ...groups.flatMap(([heading, prefixes]) => groupOf(report, { heading, prefixes }, paint)),
    tallyOf(report),
  ];
  return `${lines.join('\n')}\n`;
}

/** The sentence that a report begins with. */
export function sentenceOf({ report, judged }: ReportOrder, paint: Paint): string {
  const who = whoIn(report);
  if (report.outcome === 'rejected') {
    return `${paint('red', '✖ NOT VERIFIED')}  ${who}: ${report.reason}`;
  }
  if (report.outcome === 'undetermined') {
    return `${paint('yellow', '? UNDETERMINED')}  ${who}: ${report.reason}; treat it as a no`;
  }
  const issuer = printable(report.issuer.did ?? 'an unnamed issuer');
  return judged
    ? `${paint('green', '✔ VERIFIED')}  ${who}: papers in order, issued by ${issuer}, whom your policy trusts`
    : `${paint('yellow', '! VALID, NOT TRUSTED')}  ${who}: papers in order, but no policy says to trust ${issuer}`;
}

/** The name that was signed, or what was typed; a credential is too long to repeat. */
function whoIn({ subject, input }: Report): string {
  if (subject.name !== null) return printable(subject.name);
  return ['jwt', 'software_statement'].includes(input.kind)
    ? 'the credential'
    : printable(input.value.slice(0, 200));
}

function factsOf(report: Report): readonly string[] {
  const { documentAgeS, statusAgeS } = report.freshness;
  const ages = [
    ...(documentAgeS === null ? [] : [`document ${documentAgeS} s old`]),
    ...(statusAgeS === null ? [] : [`status ${statusAgeS} s old`]),
  ];
  const facts: readonly (readonly [string, string | null])[] = [
    ['client_id', report.subject.clientId],
    ['did', report.subject.did],
    ['checked', [report.checkedAt, ...ages].join(', ')],
    ['granted', accessIn(report.granted)],
    ['withheld', accessIn(report.withheld)],
  ];
  return facts.flatMap(([label, value]) =>
    value === null ? [] : [`  ${label.padEnd(9)}  ${printable(value)}`],
  );
}

/** Scopes as they are written, authorization details as JSON; null when there is neither. */
function accessIn(grants: Report['granted']): string | null {
  const texts = grants.map((grant) => (typeof grant === 'string' ? grant : JSON.stringify(grant)));
  return texts.length === 0 ? null : texts.join(' ');
}

function explain(
  { id, outcome, title, evidence, fix }: CheckResult,
  paint: Paint,
): readonly string[] {
  const [mark, style] = marks[outcome];
  return [
    `  ${paint(style, mark)} ${id}  ${paint('dim', `expected: ${title}`)}`,
    ...evidenceLines(evidence).map((line, at) => `      ${at === 0 ? 'why ' : '    '}  ${line}`),
    ...(fix === null ? [] : [`      fix   ${printable(fix)}`]),
    `      more  sealwright explain ${id}`,
  ];
}

/** Evidence as lines: its members, and for each fault of a parser the place and the rule. */
export function evidenceLines(evidence: JsonObject): readonly string[] {
  return Object.entries(evidence).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((entry: JsonValue) => `${name}: ${inline(entry)}`)
      : [`${name}: ${inline(value)}`],
  );
}

function inline(value: JsonValue): string {
  if (typeof value === 'string') return printable(value);
  if (value === null || typeof value !== 'object') return String(value);
  const parts = Array.isArray(value) ? value : Object.values(value);
  return parts
    .map(inline)
    .filter((part) => part !== '')
    .join(' · ');
}

function groupOf(
  report: Report,
  group: { readonly heading: string; readonly prefixes: readonly string[] },
  paint: Paint,
): readonly string[] {
  const checks = report.checks.filter(
    ({ id, outcome }) => outcome !== 'skipped' && group.prefixes.includes(id.split('.')[0] ?? ''),
  );
  if (checks.length === 0) return [];
  const cells = checks.map(({ outcome, title }) => {
    const [mark, style] = marks[outcome];
    return { text: `${paint(style, mark)} ${title}`, width: title.length + 2 };
  });
  return inLines(cells).map(
    (line, at) => `  ${(at === 0 ? group.heading : '').padEnd(10)}  ${line}`,
  );
}

/** Puts cells side by side as far as a line of a terminal reaches; paint has no width. */
function inLines(
  cells: readonly { readonly text: string; readonly width: number }[],
): readonly string[] {
  const lines: { text: string; width: number }[] = [];
  for (const cell of cells) {
    const line = lines.at(-1);
    if (line !== undefined && line.width + gap.length + cell.width <= cellsWidth) {
      line.text += gap + cell.text;
      line.width += gap.length + cell.width;
    } else lines.push({ ...cell });
  }
  return lines.map(({ text }) => text);
}

function tallyOf({ checks }: Report): string {
  const count = (outcome: CheckResult['outcome']) =>
    checks.filter((check) => check.outcome === outcome).length;
  const passed = count('pass');
  const skipped = count('skipped');
  return `  ${passed} of ${checks.length} checks passed, ${skipped} skipped`;
}
