import type { Severity } from '../lint/finding.ts';
import { findingOf, type StandardId, standardRules } from '../lint/standard-rules.ts';
import { listTargetRules } from '../lint/target.ts';
import { targets } from '../lint/targets.ts';
import { probeRules } from '../probe/rules.ts';
import type { CheckPage, Failure, Mender } from './check-pages.ts';
import { checkIds, readCheckPage } from './check-pages.ts';

/** What one name means. A name can mean several things, one explanation for each. */
export interface Explanation {
  readonly kind: 'check' | 'reason' | 'problem' | 'rule';
  readonly id: string;
  readonly title: string;
  readonly means: string;
  /** Why anybody should care; null where the title says it. */
  readonly matters: string | null;
  readonly failures: readonly Failure[];
  readonly mend: string;
  /** Whose job that is; null where it is whoever got the answer. */
  readonly mender: Mender | null;
  readonly tell: string | null;
  /** Where the name comes from. */
  readonly source: string;
}

type Source = ReadonlyMap<string, () => readonly Explanation[]>;

/** Everything that has a name in reports, problem documents and findings, by name. */
export async function readExplanations(): Promise<Source> {
  const [{ problems: ofService }, { problems: ofSidecar }] = await Promise.all([
    import('../http/problems.ts'),
    import('../sidecar/problems.ts'),
  ]);
  const pages = checkIds().map(readCheckPage);
  return collect([
    ...pages.map(checkExplanation),
    ...pages.flatMap(reasonExplanations),
    ...problemExplanations(ofService, 'the service (RFC 9457 code)'),
    ...problemExplanations(ofSidecar, 'the sidecar (RFC 9457 code)'),
    ...Object.keys(standardRules).filter(isStandardId).map(standardExplanation),
    ...targets.flatMap(listTargetRules).map(ruleExplanation),
    ...Object.entries(probeRules).map(([id, rule]) => ruleExplanation({ id, ...rule })),
  ]);
}

function collect(explanations: readonly Explanation[]): Source {
  const names = new Set(explanations.map(({ id }) => id));
  return new Map(
    [...names].map((name) => [name, () => explanations.filter(({ id }) => id === name)] as const),
  );
}

function checkExplanation(page: CheckPage): Explanation {
  const { id, title, checks, matters, failures, mend, mender, tell } = page;
  const source = sourceOf(page);
  return { kind: 'check', id, title, means: checks, matters, failures, mend, mender, tell, source };
}

/** Each reason that the page names, as it comes about in this check. */
function reasonExplanations(page: CheckPage): readonly Explanation[] {
  const reasons = new Set(page.failures.flatMap((failure) => failure.reasons));
  return [...reasons].map((reason) => ({
    ...checkExplanation(page),
    kind: 'reason',
    id: reason,
    title: `found by the check ${page.id}: ${page.title}`,
    failures: page.failures.filter((failure) => failure.reasons.includes(reason)),
  }));
}

function sourceOf({ id }: CheckPage): string {
  return `docs/checks/${id}.md`;
}

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

function problemExplanations(
  problems: Readonly<Record<string, Problem>>,
  from: string,
): readonly Explanation[] {
  return Object.entries(problems).map(([id, { status, title, fix }]) => ({
    kind: 'problem',
    id,
    title,
    means: `An answer of ${from}, with status ${status}.`,
    ...{ matters: null, failures: [], mend: fix, mender: null, tell: null },
    source: from,
  }));
}

/** A rule that documents are held to, as the lint and the probe have them. */
interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
  readonly source: string;
}

const severities: Readonly<Record<Severity, string>> = {
  error: 'An error: it breaks a rule that servers enforce, or should.',
  warning: 'A warning: some servers refuse it, or read it differently.',
  notice: 'A notice: it works, and is good to know.',
};

function ruleExplanation({ id, severity, message, fix, source }: Rule): Explanation {
  return {
    ...{ kind: 'rule', id, title: message, means: severities[severity], matters: null },
    ...{ failures: [], mend: fix, mender: 'publisher', tell: fix, source },
  };
}

function standardExplanation(id: StandardId): Explanation {
  const { basis, asOf, source, ...rule } = findingOf(id, ['']);
  return ruleExplanation({ ...rule, source: `${source} (${basis}, ${asOf})` });
}

function isStandardId(id: string): id is StandardId {
  return Object.hasOwn(standardRules, id);
}
