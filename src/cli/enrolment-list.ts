import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { countOf } from './count-of.ts';
import type { ExitCode } from './exit-codes.ts';
import { renderPairs, renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** All pages of the listing, in the order of ids, unless `--limit` ends it sooner. */
export const enrolmentList: Command = {
  words: 'enrolment list',
  summary: 'list enrolments: invitations, and keys that await approval',
  example: 'enrolment list --state awaiting-approval',
  options: [
    {
      form: '--state <state>',
      help: 'in this state only',
      choices: ['open', 'awaiting-approval', 'enrolled', 'rejected', 'withdrawn', 'expired'],
    },
    limitOption,
    serverOption,
  ],
  run: async (call) => {
    const query = { state: call.text('state') };
    const order = { method: 'GET', path: '/enrolments', query } as const;
    const enrolments = await call.api().list(order, countOf(call.text('limit')));
    return call.print(enrolments, () =>
      renderTable(
        ['ID', 'STATE', 'HANDLE', 'KEY', 'UNTIL'],
        enrolments.map((enrolment) =>
          ['id', 'state', 'handle', 'key', 'expiresAt'].map((name) => textIn(enrolment, name)),
        ),
      ),
    );
  },
};

/** Prints an enrolment as the API answers it: whole as JSON, in the lines that matter for people. */
export function printEnrolment(call: Invocation, enrolment: JsonObject): ExitCode {
  return call.print(enrolment, (paint) => {
    const head = `${paint('bold', textIn(enrolment, 'id'))} is ${textIn(enrolment, 'state')}\n`;
    const pairs = ['handle', 'name', 'key', 'agent', 'reason'].map(
      (name) => [name, textIn(enrolment, name)] as const,
    );
    return head + renderPairs(pairs.filter(([, value]) => value !== ''));
  });
}
