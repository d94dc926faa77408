import type { CheckPage } from './check-pages.ts';
import type { Examination } from './examine.ts';
import type { Trouble } from './explain.ts';
import type { Explanation } from './explanation.ts';
import type { Paint } from './paint.ts';
import { evidenceLines, marks, sentenceOf } from './render-report.ts';
import { labelled } from './wrap.ts';

const kinds: Readonly<Record<Explanation['kind'], string>> = {
  check: 'a check of the verifier',
  reason: 'a reason of a verdict',
  problem: 'a problem code',
  rule: 'a rule for public documents',
};

/** What a name means, for people. */
export function renderExplanations(explanations: readonly Explanation[], paint: Paint): string {
  const [first] = explanations;
  if (first === undefined) return '';
  const head = `${paint('bold', first.id)}  ${paint('dim', kindsOf(explanations))}`;
  return `${[head, ...explanations.flatMap((one) => ['', ...linesOf(one)])].join('\n')}\n`;
}

function kindsOf(explanations: readonly Explanation[]): string {
  return [...new Set(explanations.map(({ kind }) => kinds[kind]))].join(', and ');
}

function linesOf({ title, failures, mend, mender, tell, ...rest }: Explanation): readonly string[] {
  return [
    ...labelled('title', title),
    ...labelled('means', rest.means),
    ...labelled('matters', rest.matters ?? ''),
    ...failures.flatMap(({ reasons, outcome, when }, at) =>
      labelled(at === 0 ? 'fails' : '', `${reasons.join(', ') || 'other'} (${outcome}): ${when}`),
    ),
    ...labelled('mend', mend),
    ...(mender === null || tell === null ? [] : jobLines(mender, tell === mend ? '' : tell)),
    ...labelled('source', rest.source),
  ];
}

const jobs: Readonly<Record<CheckPage['mender'], string>> = {
  publisher: "the publisher's job: whoever serves the agent's documents.",
  issuer: "the issuer's job: whoever signed the credential.",
  operator: "the operator's job: whoever runs the verifier, which is you.",
};

function jobLines(mender: CheckPage['mender'], tell: string): readonly string[] {
  return [...labelled('whose', jobs[mender]), ...labelled('tell', tell)];
}

/** What papers are refused for, for people: the sentence, then each check that it stopped at. */
export function renderTroubles(
  examination: Examination,
  troubles: readonly Trouble[],
  paint: Paint,
): string {
  const lines = troubles.flatMap((trouble) => ['', ...troubleLines(trouble, paint)]);
  const none = ['', '  Nothing to explain: no check failed, and none was left open.'];
  const shown = troubles.length === 0 ? none : lines;
  return `${[sentenceOf(examination, paint), ...shown].join('\n')}\n`;
}

function troubleLines(trouble: Trouble, paint: Paint): readonly string[] {
  const [mark, style] = marks[trouble.outcome];
  const found = evidenceLines(trouble.found);
  return [
    `  ${paint(style, mark)} ${paint('bold', trouble.check)}  ${trouble.outcome}`,
    ...labelled('expected', `${trouble.expected}. ${trouble.rule}`, 4),
    ...found.flatMap((line, at) => labelled(at === 0 ? 'found' : '', line, 4)),
    ...labelled('matters', trouble.matters, 4),
    ...labelled('fix', trouble.fix ?? '', 4),
    ...labelled('mend', trouble.mend, 4),
    ...labelled('whose', jobs[trouble.mender], 4),
    ...labelled('tell', trouble.tell, 4),
  ];
}
