import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { confirm, yesOption } from './confirm.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { members } from './members.ts';
import { type Paint, printable } from './paint.ts';
import { reasonOption, serverOption } from './server-option.ts';

interface Wording {
  readonly words: 'revoke' | 'suspend';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly done: string;
  readonly summary: string;
  readonly types: readonly string[];
}

/** A command that takes back all that its options mean: it counts, asks, and does it. */
export function takeBackMany(wording: Wording): Command {
  const { words, summary, types } = wording;
  return {
    words,
    summary,
    example: `${words} --team payments --reason "INC-204"`,
    options: [
      { form: '--agent <handle>', help: 'of this agent' },
      { form: '--owner <email>', help: 'of agents of this owner' },
      { form: '--team <team>', help: 'of agents of this team' },
      { form: '--tag <tag>', help: 'of agents with this tag' },
      { form: '--type <type>', help: 'credentials of this type', choices: types },
      { form: '--issuer-key <kid>', help: 'credentials signed by this key' },
      { form: '--issued-before <moment>', help: 'credentials from before then' },
      reasonOption,
      { form: '--preview', help: 'only say what it comes to' },
      yesOption,
      serverOption,
    ],
    run: (call) => run(call, wording),
  };
}

async function run(call: Invocation, wording: Wording): Promise<ExitCode> {
  const filter = members({
    agent: call.text('agent'),
    owner: call.text('owner'),
    team: call.text('team'),
    tag: call.text('tag'),
    type: call.text('type'),
    issuerKey: call.text('issuerKey'),
    issuedBefore: call.text('issuedBefore'),
  });
  if (Object.keys(filter).length === 0) throw usageFailure('Name what is meant, such as --team.');
  const order = { filter, reason: call.text('reason') ?? '' };
  const ask = (preview: boolean): Promise<JsonObject> =>
    call.api().call({ method: 'POST', path: wording.path, body: { ...order, preview } });
  const meant = await ask(true);
  const isEmpty = textIn(meant, 'count') === '0';
  if (call.flag('preview')) return print(call, meant, `to be ${wording.done}`);
  if (!isEmpty) await confirm(call, `${whatOf(meant)} will be ${wording.done}.`);
  return print(call, await ask(false), wording.done);
}

function print(call: Invocation, answer: JsonObject, done: string): ExitCode {
  call.print(answer, (paint) => render(answer, done, paint));
  return exitCodes.ok;
}

function render(answer: JsonObject, done: string, paint: Paint): string {
  const ids = Array.isArray(answer['ids']) ? answer['ids'].map(String) : [];
  const at = textIn(answer, 'publishedAt');
  const published = at === '' ? '' : `; published at ${at}`;
  const head = `${paint('green', '✔')} ${whatOf(answer)} ${done}${published}\n`;
  const rest = Number(textIn(answer, 'count')) - ids.length;
  const more = rest > 0 ? `  and ${rest} more, which the audit trail names\n` : '';
  return head + ids.map((id) => `  ${printable(id)}\n`).join('') + more + underWay(answer);
}

/** Who was taken much from at once is refused until its new papers are there. */
function underWay(answer: JsonObject): string {
  const count = textIn(answer, 'agentsUnderWay');
  return count === '0' || count === '' ? '' : `  new papers of agents still to come: ${count}\n`;
}

/** Such as `1 agent` or `12 credentials`. */
function whatOf(answer: JsonObject): string {
  const count = textIn(answer, 'count');
  const of = textIn(answer, 'of');
  return `${count} ${count === '1' ? of.replace(/s$/, '') : of}`;
}
