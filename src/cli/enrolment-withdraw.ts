import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** Ends a token that nobody was onboarded with; repeating it is harmless. */
export const enrolmentWithdraw: Command = {
  words: 'enrolment withdraw',
  summary: 'end an invitation that was not used',
  example: 'enrolment withdraw enr_01m804s6byqac71hj710v4rtew',
  arguments: [{ form: '<id>', help: 'the enrolment' }],
  options: [serverOption],
  run: async (call) => {
    const id = call.argument(0);
    await call.api().call({ method: 'DELETE', path: `/enrolments/${encodeURIComponent(id)}` });
    return call.print({ id, state: 'withdrawn' }, () => `${id} is withdrawn\n`);
  },
};
