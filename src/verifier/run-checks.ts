import type { JsonObject } from '../protocol/strict-json.ts';
import type { Finding } from './finding.ts';
import { skip, undetermined } from './finding.ts';
import type { Inquiry } from './inquiry.ts';
import type { CheckResult, Reason, Report, Verdict } from './verdict.ts';

/** One row of the table: a rule, its name, and the reason to give if it breaks down. */
export type Check = readonly [
  /** Has a page under docs/checks/. */
  id: string,
  /** What is true of a client that passes. */
  title: string,
  reason: Reason,
  run: (inquiry: Inquiry) => Finding | Promise<Finding>,
];

/** The report's lines, and what they come to. */
export interface Examination {
  readonly outcome: Verdict['outcome'];
  readonly reason: Reason | null;
  readonly checks: readonly CheckResult[];
}

const notReached = skip('an earlier check decided');
const noDocument = skip('no document was presented');

/**
 * A table in the order for one kind of question. A statement is judged whole before the document is
 * read that it is about, so that whoever made it up has nothing fetched. Pushed metadata are taken
 * apart before anything is made of them.
 */
export function orderFor(kind: Report['input']['kind'], table: readonly Check[]): readonly Check[] {
  if (kind === 'software_statement') return sorted(table, rankForStatement);
  return kind === 'pushed_metadata'
    ? sorted(table, (id) => (id === 'document.fetch' ? 0 : 1))
    : table;
}

function sorted(table: readonly Check[], rankOf: (id: string) => number): readonly Check[] {
  return [...table].sort(([a], [b]) => rankOf(a) - rankOf(b));
}

function rankForStatement(id: string): number {
  if (isAboutDocument(id)) return 1;
  const isLast = ['credential.facets', 'policy.', 'access.'].some((start) => id.startsWith(start));
  return isLast ? 2 : 0;
}

/** Runs a table in order until a check denies; the rest is listed as skipped. */
export async function runChecks(table: readonly Check[], inquiry: Inquiry): Promise<Examination> {
  const results: CheckResult[] = [];
  let decisive: Pick<Examination, 'outcome' | 'reason'> | undefined;
  for (const check of table) {
    const startedAt = performance.now();
    const found = decisive === undefined ? runCheck(check, inquiry) : notReached;
    // Most checks have their answer at once, and every turn of the loop that none needs costs.
    const finding = found instanceof Promise ? await found : found;
    if (finding.outcome === 'fail' || finding.outcome === 'undetermined') {
      const outcome = finding.outcome === 'fail' ? 'rejected' : 'undetermined';
      decisive = { outcome, reason: finding.reason };
    }
    results.push(resultOf(check, finding, performance.now() - startedAt));
  }
  return { ...(decisive ?? { outcome: 'accepted', reason: null }), checks: results };
}

function runCheck([id, , reason, run]: Check, inquiry: Inquiry): Finding | Promise<Finding> {
  if (inquiry.question.input.kind === 'jwt' && isAboutDocument(id)) {
    return noDocument;
  }
  try {
    const finding = run(inquiry);
    return finding instanceof Promise ? finding.catch(() => brokenDown(reason)) : finding;
  } catch {
    return brokenDown(reason);
  }
}

// A check that breaks down has found nothing out, and nobody is admitted on nothing.
function brokenDown(reason: Reason): Finding {
  const evidence: JsonObject = { rule: 'check-broke-down' };
  return undetermined(reason, evidence, 'Report this: the verifier could not run the check.');
}

function isAboutDocument(id: string): boolean {
  return id.startsWith('client-id.') || id.startsWith('document.');
}

function resultOf([id, title]: Check, finding: Finding, ms: number): CheckResult {
  const { outcome, evidence, fix } = finding;
  return { id, outcome, title, evidence, fix, ms: Math.round(ms) };
}
