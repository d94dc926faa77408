import type { Command } from './command.ts';
import { printEnrolment } from './enrolment-list.ts';
import { serverOption } from './server-option.ts';

/** Compare the key with what the agent prints before you do. */
export const enrolmentApprove: Command = {
  words: 'enrolment approve',
  summary: 'onboard the agent whose key awaits approval',
  example: 'enrolment approve enr_01m804s6byqac71hj710v4rtew',
  arguments: [{ form: '<id>', help: 'the enrolment' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/enrolments/${encodeURIComponent(call.argument(0))}/approve`;
    const body = {};
    return printEnrolment(call, await call.api().call({ method: 'POST', path, body }));
  },
};
