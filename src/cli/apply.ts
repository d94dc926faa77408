import type { ManifestAgent } from '../manifest/manifest.ts';
import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { confirm, yesOption } from './confirm.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import {
  type KeyedAgent,
  keepToken,
  withdrawKey,
  withIssuedKey,
  withoutKey,
} from './issued-keys.ts';
import { createPaint } from './paint.ts';
import { manifestOption, readManifest } from './read-manifest.ts';
import { renderPlan, summaryOf } from './render-plan.ts';
import {
  portionsOf,
  previewManifest,
  pruneOptions,
  pruneReasonOf,
  sendPortion,
} from './send-manifest.ts';
import { serverOption } from './server-option.ts';

/** Shows the plan, asks, and carries it out portion by portion; applying again does what is left. */
export const apply: Command = {
  words: 'apply',
  summary: 'bring many agents to what a file says, after showing the plan',
  example: 'apply -f agents.yaml --keys-dir ./keys',
  options: [
    manifestOption,
    yesOption,
    {
      form: '--keys-dir <folder>',
      help: 'where issued keys, and tokens of enrolments, go: mode 0600',
    },
    ...pruneOptions,
    serverOption,
  ],
  run: async (call) => {
    const pruneReason = pruneReasonOf(call);
    const { agents } = await readManifest(call.text('file') ?? '-', call.terminal);
    const plan = await previewManifest(call, agents, pruneReason);
    const due = agents.flatMap((agent, at) => dueOf(agent, plan[at]));
    if (!call.json) call.terminal.err(renderPlan(plan, createPaint(call.terminal.colour.err)));
    if (due.length > 0) await confirmDue(call, due.length);
    const done = due.length === 0 ? [] : await carryOut(call, due, pruneReason);
    return report(call, { left: plan.filter((row) => !isDue(row)), done });
  },
};

/** An agent that does not stay as it is; a new one may need a key. */
interface Due {
  readonly agent: ManifestAgent;
  readonly isNew: boolean;
}

function dueOf(agent: ManifestAgent, row: JsonObject | undefined): readonly Due[] {
  if (row === undefined || !isDue(row)) return [];
  return [{ agent, isNew: textIn(row, 'action') === 'create' }];
}

function isDue(row: JsonObject): boolean {
  const action = textIn(row, 'action');
  return action === 'create' || action === 'change';
}

/** A manifest on standard input leaves nobody to answer. */
async function confirmDue(call: Invocation, count: number): Promise<void> {
  if (call.text('file') === '-' && !call.flag('yes')) {
    throw usageFailure('Nobody is there to confirm this: look at it, then add --yes.');
  }
  await confirm(call, `This changes ${count} ${count === 1 ? 'agent' : 'agents'}.`);
}

async function carryOut(
  call: Invocation,
  due: readonly Due[],
  pruneReason: string | null,
): Promise<readonly JsonObject[]> {
  const api = call.api();
  const rows: JsonObject[] = [];
  try {
    for (const portion of portionsOf(due)) {
      const keyed = await withKeys(portion, call.text('keysDir'));
      const agents = keyed.map(({ agent }) => agent);
      const answers = await sendPortion(api, agents, { preview: false, pruneReason });
      for (const [at, row] of answers.entries()) {
        rows.push(await settle(row, { keyed: keyed[at], keysDir: call.text('keysDir') }));
      }
      if (!call.json) call.say(`${rows.length} of ${due.length} agents`);
    }
  } catch (error) {
    const left = `${rows.length} of ${due.length} agents were answered for: apply again for the rest.`;
    if (!call.json) call.say(left);
    throw error;
  }
  return rows;
}

/** One by one: what is wrong with one file ends it before the others are made. */
async function withKeys(
  portion: readonly Due[],
  keysDir: string | undefined,
): Promise<readonly KeyedAgent[]> {
  const keyed: KeyedAgent[] = [];
  for (const { agent, isNew } of portion) {
    keyed.push(isNew ? await withIssuedKey(agent, keysDir) : withoutKey(agent));
  }
  return keyed;
}

/** The answer with the place of each secret instead of the secret. */
async function settle(
  { enrolment, ...row }: JsonObject,
  place: { readonly keyed: KeyedAgent | undefined; readonly keysDir: string | undefined },
): Promise<JsonObject> {
  const { keyed, keysDir } = place;
  if (isJsonObject(enrolment)) {
    const { token, ...shown } = enrolment;
    if (typeof token !== 'string') return { ...row, enrolment };
    const tokenFile = await keepToken(token, { keysDir, handle: textIn(row, 'handle') });
    return { ...row, enrolment: shown, tokenFile };
  }
  if (keyed === undefined || keyed.keyFile === null) return row;
  if (textIn(row, 'action') !== 'refuse') return { ...row, keyFile: keyed.keyFile };
  await withdrawKey(keyed);
  return row;
}

/** The refusals of the plan were shown with it; those that came up later are shown here. */
function report(
  call: Invocation,
  { left, done }: { readonly left: readonly JsonObject[]; readonly done: readonly JsonObject[] },
): ExitCode {
  const rows = [...left, ...done];
  const summary = summaryOf(rows);
  const { create, change, unchanged, refuse } = summary;
  const sum = `${create} created, ${change} changed, ${unchanged} unchanged, ${refuse} refused\n`;
  const refused = done.filter((row) => textIn(row, 'action') === 'refuse');
  if (refused.length > 0 && !call.json) {
    call.terminal.err(renderPlan(refused, createPaint(call.terminal.colour.err)));
  }
  call.print({ summary, agents: rows }, () => sum);
  return refuse > 0 ? exitCodes.server : exitCodes.ok;
}
