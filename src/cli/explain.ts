import { existsSync } from 'node:fs';
import type { CheckResult } from '../verifier/verdict.ts';
import { type CheckPage, readCheckPage } from './check-pages.ts';
import type { Command, Invocation } from './command.ts';
import { type Examination, examine, examineParameters, exitCodeOf } from './examine.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodes } from './exit-codes.ts';
import { readExplanations } from './explanation.ts';
import { CommandFailure } from './failure.ts';
import { nearMatches } from './near-matches.ts';
import { renderExplanations, renderTroubles } from './render-explanation.ts';

/** One check that an examination stopped at, with everything there is to say about it. */
export interface Trouble {
  readonly check: string;
  readonly outcome: CheckResult['outcome'];
  readonly reason: string | null;
  /** The check in a few words, and the rule at length. */
  readonly expected: string;
  readonly rule: string;
  readonly found: CheckResult['evidence'];
  readonly matters: string;
  readonly fix: string | null;
  readonly mend: string;
  readonly mender: CheckPage['mender'];
  readonly tell: string;
}

/** A name is explained; anything that `verify` takes is examined, and what it stops at explained. */
export const explain: Command = {
  words: 'explain',
  summary: 'say what a check, a reason, a code or a rule means, or why papers are refused',
  example: 'explain status.revocation',
  arguments: [
    {
      form: '<what>',
      help: 'the id of a check, reason, problem or rule; or a URL, DID, JWT, file or "-"',
    },
  ],
  options: examineParameters.options,
  run: async (call) => {
    const what = call.argument(0);
    const explanations = await readExplanations();
    const found = explanations.get(what)?.();
    if (found !== undefined) {
      return call.print({ id: what, explanations: found }, (paint) =>
        renderExplanations(found, paint),
      );
    }
    if (looksLikeName(what)) throw unknownName(what, [...explanations.keys()]);
    return explainPapers(call);
  },
};

async function explainPapers(call: Invocation): Promise<ExitCode> {
  const examination = await examine(call);
  const { report } = examination;
  const troubles = troublesIn(examination);
  call.print({ report, troubles }, (paint) => renderTroubles(examination, troubles, paint));
  return exitCodeOf(examination);
}

/** What the examination stopped at, each with the page of its check. */
function troublesIn({ report }: Examination): readonly Trouble[] {
  return report.checks
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'undetermined')
    .map(({ id, outcome, title, evidence, fix }) => {
      const { checks, matters, mend, mender, tell } = readCheckPage(id);
      return {
        ...{ check: id, outcome, reason: report.reason, expected: title, rule: checks },
        ...{ found: evidence, matters, fix, mend, mender, tell },
      };
    });
}

/** Words joined by hyphens and dots are names, unless there is such a file, or a JWT begins so. */
function looksLikeName(what: string): boolean {
  return (
    /^(?!eyJ)[a-z0-9]+(?:[-.][a-z0-9]+)*$/i.test(what) && what.length <= 80 && !existsSync(what)
  );
}

function unknownName(what: string, names: readonly string[]): CommandFailure {
  const near = nearMatches(what, names);
  return new CommandFailure(`There is nothing called ${what} to explain, and no such file.`, {
    exitCode: exitCodes.usage,
    code: 'nothing-to-explain',
    fix:
      near.length === 0
        ? 'Give an id as a report shows it, such as status.revocation.'
        : `Did you mean ${near.join(', or ')}?`,
  });
}
