import type {
  AnswerFacts,
  ProbedDocument,
  ProbedHost,
  ProbeReport,
} from '../probe/probe-client.ts';
import { purposeNames } from '../probe/purpose-names.ts';
import type { ProbeFinding } from '../probe/rules.ts';
import { renderSuite, type TestCase } from './junit.ts';
import { type Paint, printable, shortened } from './paint.ts';
import { textOf } from './render-junit.ts';
import { countFindings, durationOf, explainFinding, severityMarks } from './render-lint.ts';
import { evidenceLines } from './render-report.ts';

/** What was found from outside, for people: the sentence, the findings, then what was seen. */
export function renderProbe(report: ProbeReport, paint: Paint): string {
  const lines = [
    sentenceOf(report, paint),
    ...findingsIn(report).flatMap((finding) => findingLines(finding, paint)),
    ...report.lint.flatMap((finding) => explainFinding(finding, paint)),
    ...report.hosts.flatMap(hostLines),
    ...report.documents.flatMap(documentLines),
    ...uncheckedLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

function findingsIn({ hosts, documents }: ProbeReport): readonly ProbeFinding[] {
  return [...hosts, ...documents].flatMap(({ findings }) => findings);
}

function sentenceOf(report: ProbeReport, paint: Paint): string {
  const all = [...findingsIn(report), ...report.lint];
  const tally = [
    countFindings(all, 'error', 'errors'),
    countFindings(all, 'warning', 'warnings'),
    countFindings(all, 'notice', 'notices'),
  ].join(', ');
  const verdicts: Readonly<Record<ProbeReport['outcome'], string>> = {
    fine: paint('green', '✔ READABLE'),
    errors: paint('red', '✖ NOT AS READERS NEED IT'),
    unreachable: paint('yellow', '? UNREACHABLE'),
  };
  return `${verdicts[report.outcome]}  ${printable(shortened(report.clientId))}: ${tally}`;
}

function findingLines(finding: ProbeFinding, paint: Paint): readonly string[] {
  const [mark, style] = severityMarks[finding.severity];
  return [
    '',
    `  ${paint(style, mark)} ${finding.id}  at ${printable(shortened(finding.at))}`,
    `      ${finding.message}`,
    ...evidenceLines(finding.evidence).map((line) => `      seen  ${line}`),
    `      fix   ${finding.fix}`,
    `      rule  ${paint('dim', finding.source)}`,
  ];
}

function hostLines(host: ProbedHost): readonly string[] {
  const contacts = host.contacts.map(({ address, failure, protocol, certificate }) => {
    const secured = certificate === null ? '' : `, certificate for ${certificate.daysLeft} d more`;
    const how = protocol === null ? 'plain http' : `${protocol}${secured}`;
    return `    ${address}  ${failure ?? how}`;
  });
  return ['', `  ${printable(host.origin)}`, ...contacts];
}

function documentLines({ purpose, url, answer, requests }: ProbedDocument): readonly string[] {
  return [
    '',
    `  ${purposeNames[purpose]}  ${printable(shortened(url))}`,
    ...(answer === null ? ['    no answer'] : answerLines(answer)),
    ...(requests.length === 0 ? [] : [`    ${requestsLine(requests)}`]),
  ];
}

/** How many requests there were, and which ended otherwise than the first. */
function requestsLine(requests: ProbedDocument['requests']): string {
  const [first] = requests;
  const others = requests.filter(({ ended }) => ended !== first?.ended);
  const but = others.map(({ name, ended }) => `${name} ${ended}`).join(', ');
  const all = `${requests.length} requests, ${first?.ended}`;
  return but === '' ? all : `${all} but for ${but}`;
}

function uncheckedLines({ unchecked }: ProbeReport): readonly string[] {
  if (unchecked.length === 0) return [];
  const urls = unchecked.map(({ url }) => `    ${printable(shortened(url))}`);
  return ['', '  No time was left for', ...urls];
}

function answerLines(answer: AnswerFacts): readonly string[] {
  const { status, contentType, bytes, wireBytes, encoding, ms } = answer;
  const size =
    encoding === 'identity' ? `${bytes} octets` : `${bytes} octets, ${wireBytes} by ${encoding}`;
  const type = contentType ?? 'no media type';
  return [
    `    ${status}, ${printable(type)}, ${printable(size)}, ${ms} ms`,
    `    ${cachingLine(answer)}`,
  ];
}

/** What a cache in front of the reader makes of the answer. */
function cachingLine({ lifetimeS, ageS, etag, unshared }: AnswerFacts): string {
  const kept = lifetimeS === null ? 'for as long as it likes' : `for ${durationOf(lifetimeS)}`;
  return [
    unshared ? 'no cache in front keeps it' : `a cache in front keeps it ${kept}`,
    ageS === null ? 'no Age: straight from the origin, or a silent cache' : `Age ${ageS} s`,
    etag === null ? 'no ETag' : `${etag} ETag`,
  ].join('; ');
}

/** The parts of a document's findings, by the second part of their ids. */
const parts: readonly (readonly [name: string, parts: readonly string[]])[] = [
  ['is answered', ['reach', 'answer', 'head']],
  ['is the same for everybody', ['dependence']],
  ['can be cached', ['caching']],
];

/** A probe as JUnit XML: a case for each host, three for each document, and one for the lint. */
export function renderProbeJunit(report: ProbeReport): string {
  const cases = [
    ...report.hosts.map(({ origin, findings }) => caseOf('host', origin, findings)),
    ...report.documents.flatMap(documentCases),
    lintCase(report),
  ];
  return renderSuite({ name: 'sealwright probe', about: report.clientId, cases });
}

function documentCases({ purpose, url, answer, findings }: ProbedDocument): readonly TestCase[] {
  return parts.map(([name, ids]) => {
    const own = findings.filter(({ id }) => ids.includes(id.split('.')[1] ?? ''));
    const tested = caseOf(purposeNames[purpose], `${url} ${name}`, own);
    return answer === null && own.length === 0
      ? { ...tested, skipped: 'there was no answer' }
      : tested;
  });
}

function caseOf(group: string, name: string, findings: readonly ProbeFinding[]): TestCase {
  const failed = findings.some(({ severity }) => severity === 'error');
  const text = findings
    .map(({ id, severity, message, evidence, fix }) =>
      [severity, `${id}:`, message, ...evidenceLines(evidence), fix].join(' '),
    )
    .join(' | ');
  const failure = failed ? findings.map(({ id }) => id).join(', ') : null;
  return { group, name, text, failure, skipped: null };
}

function lintCase({ lint, documents }: ProbeReport): TestCase {
  const failed = lint.some(({ severity }) => severity === 'error');
  const [client] = documents;
  return {
    group: 'lint',
    name: 'the document itself',
    text: textOf(lint),
    failure: failed ? lint.map(({ id }) => id).join(', ') : null,
    skipped: client?.answer === null ? 'there was no answer' : null,
  };
}
