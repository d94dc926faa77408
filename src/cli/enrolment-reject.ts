import type { Command } from './command.ts';
import { printEnrolment } from './enrolment-list.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** Final: its token is spent. */
export const enrolmentReject: Command = {
  words: 'enrolment reject',
  summary: 'turn away the agent whose key awaits approval',
  example: 'enrolment reject enr_01m804s6byqac71hj710v4rtew --reason "not ours"',
  arguments: [{ form: '<id>', help: 'the enrolment' }],
  options: [reasonOption, serverOption],
  run: async (call) => {
    const path = `/enrolments/${encodeURIComponent(call.argument(0))}/reject`;
    const body = { reason: call.text('reason') ?? '' };
    return printEnrolment(call, await call.api().call({ method: 'POST', path, body }));
  },
};
