import type { Command } from './command.ts';
import { examine, examineParameters, exitCodeOf } from './examine.ts';
import { renderReport } from './render-report.ts';

/** Needs no service: it fetches and judges by itself. The exit code is the verdict. */
export const verify: Command = {
  words: 'verify',
  summary: "judge a client's papers, by your policy if you give one",
  example: 'verify https://id.acme.com/a/billing-bot/client.json --policy trust.yaml',
  ...examineParameters,
  run: async (call) => {
    const examination = await examine(call);
    call.print(examination.report, (paint) => renderReport(examination, paint));
    return exitCodeOf(examination);
  },
};
