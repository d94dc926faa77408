import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { manifestOption, readManifest } from './read-manifest.ts';
import { renderPlan, summaryOf } from './render-plan.ts';
import { previewManifest, pruneOptions, pruneReasonOf } from './send-manifest.ts';
import { serverOption } from './server-option.ts';

/** Exit code 10 when something would change, 5 when something cannot be done. Changes nothing. */
export const diff: Command = {
  words: 'diff',
  summary: 'show what apply would change',
  example: 'diff -f agents.yaml',
  options: [manifestOption, ...pruneOptions, serverOption],
  run: async (call) => {
    const pruneReason = pruneReasonOf(call);
    const { agents } = await readManifest(call.text('file') ?? '-', call.terminal);
    const rows = await previewManifest(call, agents, pruneReason);
    const summary = summaryOf(rows);
    call.print({ summary, agents: rows }, (paint) => renderPlan(rows, paint));
    if (summary.refuse > 0) return exitCodes.server;
    return summary.create + summary.change > 0 ? exitCodes.differs : exitCodes.ok;
  },
};
