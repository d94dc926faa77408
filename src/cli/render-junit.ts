import type { Finding } from '../lint/finding.ts';
import { renderSuite, type TestCase } from './junit.ts';
import type { LintAnswer } from './lint.ts';

/** The parts of the standard's ids, and what a test case of each is called. */
const parts: readonly (readonly [part: string, name: string])[] = [
  ['url', 'the client_id is a usable URL'],
  ['response', 'the URL answers as it should'],
  ['json', 'the document is JSON that all readers take alike'],
  ['document', 'the document is small enough'],
  ['client-id', 'client_id is the URL of the document'],
  ['secrets', 'the document has no secrets'],
  ['metadata', 'the client metadata is well formed'],
  ['keys', 'the keys can be found and used'],
  ['redirect-uris', 'the redirect URIs are exact'],
  ['vc-jwt', 'the embedded credential is one about this client'],
];

const needDocument = ['client-id', 'secrets', 'metadata', 'keys', 'redirect-uris', 'vc-jwt'];

/**
 * A lint as JUnit XML: a test case for each part of the standards and for each target. A target
 * that nobody asked for never fails; what it would refuse is skipped.
 */
export function renderJunit(answer: LintAnswer): string {
  const cases = [...standardCases(answer), ...answer.targets.map(targetCase)];
  return renderSuite({ name: 'sealwright lint', about: answer.input.value, cases });
}

function standardCases(answer: LintAnswer): readonly TestCase[] {
  return parts.map(([part, name]) => {
    const findings = answer.findings.filter(({ id }) => id.startsWith(`cimd.${part}.`));
    const failed = findings.some(({ severity }) => severity === 'error');
    return {
      group: 'standard',
      name,
      text: textOf(findings),
      failure: failed ? idsOf(findings) : null,
      skipped: findings.length > 0 ? null : whyUnchecked(part, answer),
    };
  });
}

function whyUnchecked(part: string, { unchecked, readable }: LintAnswer): string | null {
  if (part === 'response' && unchecked.includes('response')) return 'read from a file';
  return !readable && needDocument.includes(part) ? 'the document could not be read' : null;
}

function targetCase({
  target,
  outcome,
  reasons,
  findings,
  requested,
}: LintAnswer['targets'][number]): TestCase {
  const said = reasons.length === 0 ? outcome : `${outcome}: ${reasons.join(', ')}`;
  return {
    group: 'target',
    name: target,
    text: textOf(findings),
    failure: requested && outcome === 'refuses' ? said : null,
    skipped: outcome === 'accepts' ? null : said,
  };
}

/** Findings on one line. */
export function textOf(findings: readonly Finding[]): string {
  return findings
    .map(({ id, severity, places, message, fix }) => {
      const at = places.filter((place) => place !== '').join(', ');
      return `${severity} ${id}${at === '' ? '' : ` at ${at}`}: ${message} ${fix}`;
    })
    .join(' | ');
}

function idsOf(findings: readonly Finding[]): string {
  return findings.map(({ id }) => id).join(', ');
}
