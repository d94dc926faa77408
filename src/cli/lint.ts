import { type LintReport, lintDocument, type TargetReport } from '../lint/lint-document.ts';
import type { Target } from '../lint/target.ts';
import { targets } from '../lint/targets.ts';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { type Linted, readLinted } from './linted.ts';
import { renderJunit } from './render-junit.ts';
import { renderLint } from './render-lint.ts';

const ids = targets.map(({ id }) => id).join(', ');

/** What the command prints: the report, what it is about, and what decides the exit code. */
export interface LintAnswer extends Omit<LintReport, 'targets'> {
  readonly input: Pick<Linted, 'kind' | 'value'>;
  /** No error by the standards, and no refusal by a target that was asked for. */
  readonly ok: boolean;
  /** `requested` is false for all where no target was asked for. */
  readonly targets: readonly (TargetReport & { readonly requested: boolean })[];
}

/** Needs no service and no credential in the document; anybody's document will do. */
export const lint: Command = {
  words: 'lint',
  summary: 'check a client metadata document, by the standards and for servers that read it',
  example: 'lint https://id.acme.com/a/billing-bot/client.json --target keycloak --target auth0',
  arguments: [{ form: '<input>', help: 'a URL, a file, or "-"' }],
  options: [
    { form: '--target <as>', help: `must accept it: ${ids}`, repeated: true },
    {
      form: '--url <url>',
      help: 'where a file will be published; its client_id must say the same',
    },
    { form: '--junit', help: 'print JUnit XML' },
    { form: '--allow-loopback', help: 'read http://localhost too; for development only' },
  ],
  run: async (call) => {
    const requested = readTargets(call);
    if (call.json && call.flag('junit')) throw usageFailure('Choose one of --json and --junit.');
    const linted = await readLinted(call);
    const report = lintDocument(linted.input, { targets: requested ?? targets });
    const answer = answerOf(linted, report, requested !== null);
    if (call.flag('junit')) call.terminal.out(renderJunit(answer));
    else call.print(answer, (paint) => renderLint(answer, paint));
    return answer.ok ? exitCodes.ok : exitCodes.rejected;
  },
};

function readTargets(call: Invocation): readonly Target[] | null {
  const asked = call.list('target');
  if (asked === undefined) return null;
  const stranger = asked.find((name) => !targets.some(({ id }) => id === name));
  if (stranger !== undefined) throw usageFailure(`There is no target ${stranger}; known: ${ids}.`);
  return targets.filter(({ id }) => asked.includes(id));
}

function answerOf(
  { kind, value }: Linted,
  { targets: reports, ...report }: LintReport,
  requested: boolean,
): LintAnswer {
  const sound = report.findings.every(({ severity }) => severity !== 'error');
  const refused = requested && reports.some(({ outcome }) => outcome === 'refuses');
  return {
    input: { kind, value },
    ok: sound && !refused,
    ...report,
    targets: reports.map((target) => ({ ...target, requested })),
  };
}
