import type { Parameter } from './command.ts';

/** For every command that calls the service. The token comes from the environment alone. */
export const serverOption: Parameter = {
  form: '--server <origin>',
  help: 'the service, instead of SEALWRIGHT_SERVER',
};

/** For every command that changes something: without a reason the service refuses. */
export const reasonOption: Parameter = {
  form: '--reason <text>',
  help: 'why; it stands in the audit trail',
  required: true,
};

/** For listings. Without it every page is fetched. */
export const limitOption: Parameter = {
  form: '--limit <count>',
  help: 'print at most so many rows',
};
